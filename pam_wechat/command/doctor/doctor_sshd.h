/*
 * doctor_sshd - what the checks of sshd have in common: findings at the line by which an option has
 * its value.
 */
#ifndef PAM_WECHAT_DOCTOR_DOCTOR_SSHD_H
#define PAM_WECHAT_DOCTOR_DOCTOR_SSHD_H

#include "doctor.h"

#define DOCTOR_NAMES_MAX 256 /* bytes of names in one finding */

struct sshd_config;
struct text;

/* Adds a user's name to a list of them. */
void doctor_sshd_add_name(struct text *names, const char *name);

/* An option of sshd's with a value that is not as it should be. */
struct doctor_option {
	const struct sshd_config *config;
	const char *keyword;
	const char *value; /* or a few words */
	const char *whom;  /* " for alice", or "" */
};

/* Adds a finding at the line that gives the option its value. */
void doctor_sshd_find(
	struct doctor *doctor, const struct finding_kind *kind, const struct doctor_option *option);

/* Says which value mends the finding that was added last, and where to write it. */
void doctor_sshd_mend(
	struct doctor *doctor, const struct doctor_option *option, const char *better);

/* Looks at what sshd does for those whom the users table names, root, and everybody else. */
void doctor_check_sshd_users(struct doctor *doctor, const struct sshd_config *config);

/* Compares what the running sshd offers with its configuration. */
void doctor_check_sshd_running(struct doctor *doctor, const struct sshd_config *config);

#endif
