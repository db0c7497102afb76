/*
 * doctor - what is wrong with this installation, each finding with what mends it.
 *
 * The checks are small functions in one table (doctor_command.c), a file for each area. They look
 * and never change anything. A check says what it found by a finding of a fixed kind, so that
 * programs and documentation can rely on its id.
 */
#ifndef PAM_WECHAT_DOCTOR_DOCTOR_H
#define PAM_WECHAT_DOCTOR_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "call.h"
#include "settings.h"

struct doctor_network;
struct report;

enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE };

struct finding_kind {
	const char *id; /* stable */
	enum severity severity;
	const char *why; /* what happens if it stays as it is: a sentence */
};

struct finding {
	const struct finding_kind *kind;
	char *what, *mend; /* mend: "" if there is nothing to do */
	char *file;        /* NULL: none */
	long line;         /* 0: none */
};

/* A file of /etc/pam.d that leads to the module in its auth lines. */
struct doctor_service {
	char name[64];
	long timeout; /* seconds, of the line whose login may take longest */
};

#define DOCTOR_SERVICES_MAX 64

struct doctor {
	const char *conf;
	bool offline;
	bool is_root;
	const char *expected; /* NULL, or a service that will use the module soon */
	bool has_settings;    /* pam_wechat.conf was read */
	struct settings settings;
	char *helper_listen;  /* of helper.conf; NULL: not known */
	char *helper_figures; /* its status_socket; NULL: none */
	char *helper_public_url;
	bool has_usual_places; /* its origin_pending is no more than the default */
	long loopback_logins;  /* how many it had, if it had none from elsewhere; 0: not known */
	struct doctor_service services[DOCTOR_SERVICES_MAX];
	size_t service_count;
	bool knows_services;
	struct doctor_network *network; /* what is being tried; NULL: nothing */

	struct finding *findings;
	size_t count;
};

/* Adds a finding; `file` may be NULL, and `line` 0. The `what` is a sentence without a full stop.
 */
void doctor_find(struct doctor *doctor, const struct finding_kind *kind, const char *file,
	long line, const char *what, ...) __attribute__((format(printf, 5, 6)));

/* Says what mends the finding that was added last. */
void doctor_mend(struct doctor *doctor, const char *mend, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Adds a finding from a problem, whose "path:line: " becomes the finding's place.
 */
void doctor_find_problem(
	struct doctor *doctor, const struct finding_kind *kind, const char *problem);

/*
 * What makes a file that is missing beside pam_wechat.conf mends the finding that was added last:
 * the sample of this name.
 */
void doctor_mend_missing(struct doctor *doctor, const char *sample, const char *mode);

/* Says how somebody gets into the users table: that mends the finding that was added last. */
void doctor_mend_users(struct doctor *doctor);

/* Drops what was found twice: the same kind at the same line, or in the same words. */
void doctor_tidy(struct doctor *doctor);

/* The line of a file of `key = value` that sets this key; 0 if none does. */
long doctor_line_of(const char *path, const char *key);

/* The service of /etc/pam.d that uses the module, or NULL. */
const struct doctor_service *doctor_service(const struct doctor *doctor, const char *name);

/* Whether all files may be looked at: by root, or whoever owns an installation of his own. */
bool doctor_may_look(const struct doctor *doctor);

/* Makes all checks of the table that can be made (conf, offline and is_root being set). */
void doctor_look(struct doctor *doctor);

/* Frees all findings and settings. */
void doctor_finish(struct doctor *doctor);

/*
 * Explains a number that WeChat's pages or its API show; a complaint goes to standard error.
 * Returns COMMAND_REFUSED if nobody knows it.
 */
enum command_exit doctor_explain(const char *code, struct report *report);

/* The checks, in the order of the table. */
void doctor_check_conf(struct doctor *doctor);
void doctor_check_secret(struct doctor *doctor);
void doctor_check_exchange(struct doctor *doctor);
void doctor_check_link(struct doctor *doctor);
void doctor_check_users(struct doctor *doctor);
void doctor_check_helper(struct doctor *doctor);
void doctor_check_socket(struct doctor *doctor);
void doctor_check_running_helper(struct doctor *doctor);
/* Begins what the next three look at, and takes time; the other frees what it has left. */
void doctor_begin_network(struct doctor *doctor);
void doctor_end_network(struct doctor *doctor);
void doctor_check_trial(struct doctor *doctor);
void doctor_check_public_url(struct doctor *doctor);
void doctor_check_api(struct doctor *doctor);
void doctor_check_pam(struct doctor *doctor);
void doctor_check_rehearsals(struct doctor *doctor);
void doctor_check_sshd(struct doctor *doctor);
void doctor_check_login(struct doctor *doctor);
void doctor_check_units(struct doctor *doctor);
void doctor_check_confinement(struct doctor *doctor);

#endif
