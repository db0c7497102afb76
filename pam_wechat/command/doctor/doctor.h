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
#include <time.h>

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

/* What mends a finding where no line and no command does; the manual explains the words. */
enum mend_place {
	MEND_HERE, /* nothing else is needed */
	MEND_AGAIN,
	MEND_CERTIFICATE,
	MEND_CHOICE,
	MEND_DIRECTORY,
	MEND_DNS,
	MEND_FIREWALL,
	MEND_PACKAGE,
	MEND_PERSON,
	MEND_POLICY,
	MEND_VALUE,
	MEND_WEB_SERVER,
	MEND_WECHAT,
	MEND_PLACES
};

/*
 * What mends a finding: a change of a file, a command, or something else. A change puts `new` in
 * the place of the lines `old`, which begin at `line`; with an empty `old` it inserts `new` there.
 * Line 0 is behind the last one.
 */
struct mend {
	char *text;            /* a sentence for people; "" if there is nothing to do */
	char *file;            /* that is changed; NULL: none */
	long line;             /* the first that is changed */
	char *old, *new;       /* without the last newline; new may be NULL: old is removed */
	char *then;            /* a shell command that puts the change in force; or NULL */
	char *command;         /* a shell command that mends it; or NULL */
	enum mend_place place; /* MEND_HERE: see above, or not said yet */
};

struct finding {
	const struct finding_kind *kind;
	char *what;
	struct mend mend;
	char *file; /* NULL: none */
	long line;  /* 0: none */
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
	bool clock_is_wrong;            /* and it was said */
	struct doctor_network *network; /* what is being tried; NULL: nothing */

	int progress_length; /* cells of the line that says what is being waited for; 0: none */

	struct finding *findings;
	size_t count;
	char **kept; /* strings that live as long */
	size_t kept_count;
};

/* Adds a finding; `file` may be NULL, and `line` 0. The `what` is a sentence without a full stop.
 */
void doctor_find(struct doctor *doctor, const struct finding_kind *kind, const char *file,
	long line, const char *what, ...) __attribute__((format(printf, 5, 6)));

/*
 * The finding that was added last is mended by another text in the place of this line, by a new
 * line above it (0: at the end), or by removing it. A line of PAM's is taken with those that belong
 * to it. Where programs could not be told the bytes of the line, people are.
 */
void doctor_mend_line(struct doctor *doctor, const char *file, long line, const char *text, ...)
	__attribute__((format(printf, 4, 5)));
void doctor_mend_insert(struct doctor *doctor, const char *file, long line, const char *text, ...)
	__attribute__((format(printf, 4, 5)));
void doctor_mend_remove(struct doctor *doctor, const char *file, long line);

/* By this line in a file of `key = value`: in the place of the one that sets the key, or anew. */
void doctor_mend_key(struct doctor *doctor, const char *file, const char *key, const char *value);

/* By the change or the command just named, and then this shell command. */
void doctor_mend_then(struct doctor *doctor, const char *command);

/* By a shell command. Names of files in it are quoted by doctor_quote(). */
void doctor_mend_command(struct doctor *doctor, const char *command, ...)
	__attribute__((format(printf, 2, 3)));

/* By something else. */
void doctor_mend_elsewhere(struct doctor *doctor, enum mend_place place, const char *text, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds to the sentence of whatever mends it. */
void doctor_mend_add(struct doctor *doctor, const char *text, ...)
	__attribute__((format(printf, 2, 3)));

/* The word for programs. */
const char *doctor_mend_word(enum mend_place place);

void doctor_mend_free(struct mend *mend);

/* A word as the shell wants it. Lives as long as the doctor. */
const char *doctor_quote(struct doctor *doctor, const char *word);

/* " --conf FILE" for pam-wechat, or "" where it is the usual one. Lives as long as the doctor. */
const char *doctor_conf_option(struct doctor *doctor);

/* The line, with those that belong to it if it is PAM's; the caller frees it. NULL if there is
 * none. */
char *doctor_line(const char *file, long line);

/* The command that starts the helper now and with the machine; that restarts it; that makes it read
 * helper.conf. */
const char *doctor_command_start(void);
const char *doctor_command_restart(void);
const char *doctor_command_reload(void);

/*
 * A user of a key's value who does not exist: the key goes, if its default does exist, and
 * otherwise the user is made.
 */
void doctor_mend_account(
	struct doctor *doctor, const char *file, const char *key, const char *user);

/*
 * What safe_file.h refused by this problem, a file or a directory above it, gets another owner or
 * mode: that mends the finding that was added last.
 */
void doctor_mend_trust(struct doctor *doctor, const char *problem, const char *mode);

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

/*
 * If the finding that was added last tells a command for the whole file (plain.h), that mends it,
 * with this file's path. Returns whether it does.
 */
bool doctor_mend_plain(struct doctor *doctor, const char *path);

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

/* Whether systemd has a unit of this name in any of its folders. */
bool doctor_has_unit(const char *unit);

/* Makes all checks of the table that can be made (conf, offline and is_root being set). */
void doctor_look(struct doctor *doctor);

/* Frees all findings and settings. */
void doctor_finish(struct doctor *doctor);

/*
 * Explains a number that WeChat's pages or its API show; a complaint goes to standard error.
 * Returns COMMAND_REFUSED if nobody knows it.
 */
enum command_exit doctor_explain(const char *code, struct report *report);

/*
 * Says in ASCII what is being waited for, on a line of its own of standard error, if that is a
 * terminal, in the place of what was said before. "" clears the line.
 */
void doctor_say_progress(struct doctor *doctor, const char *what);

/* The network tells that it is this time, or that the clock must be wrong. Found once. */
void doctor_compare_clock(struct doctor *doctor, time_t date, const char *whose);
void doctor_suspect_clock(struct doctor *doctor, const char *why);

/* The clock is to be set: that mends the finding that was added last. */
void doctor_mend_clock(struct doctor *doctor);

/* The checks, in the order of the table. */
void doctor_check_clock(struct doctor *doctor);
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
void doctor_check_services(struct doctor *doctor);
void doctor_check_trust(struct doctor *doctor);
void doctor_check_empty(struct doctor *doctor);
void doctor_check_rehearsals(struct doctor *doctor);
void doctor_check_sshd(struct doctor *doctor);
void doctor_check_login(struct doctor *doctor);
void doctor_check_units(struct doctor *doctor);
void doctor_check_confinement(struct doctor *doctor);

#endif
