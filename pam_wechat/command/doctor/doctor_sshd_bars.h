/*
 * doctor_sshd_bars - whom sshd lets in by no method: AllowUsers, DenyGroups and their like.
 */
#ifndef PAM_WECHAT_DOCTOR_DOCTOR_SSHD_BARS_H
#define PAM_WECHAT_DOCTOR_DOCTOR_SSHD_BARS_H

#include "doctor_sshd.h"
#include "text.h"

#define DOCTOR_BARS 5

/* Whom one keyword keeps out. */
struct doctor_bar {
	const struct sshd_config *config; /* of one of them */
	size_t count;
	struct text names;
	char names_bytes[DOCTOR_NAMES_MAX];
};

/* All zero to begin with. */
struct doctor_bars {
	struct doctor_bar bars[DOCTOR_BARS];
	size_t count;
};

/*
 * Notes which keyword keeps this user out, whatever he answers and wherever he comes from, if one
 * does; the configuration is needed until the findings are made.
 */
void doctor_bars_note(struct doctor_bars *bars, const struct sshd_config *config, const char *user);

/* Adds what was noted to the findings, of so many users in all. */
void doctor_bars_find(struct doctor *doctor, const struct doctor_bars *bars, size_t users);

#endif
