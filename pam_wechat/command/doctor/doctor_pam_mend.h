/*
 * doctor_pam_mend - what mends the stack of a PAM service. A change is advised only if the stack
 * with it was judged: the right WeChat gets in, whom WeChat refuses does not, and nothing leads
 * around. Only the service's own file in /etc/pam.d is changed: what other services include stays.
 */
#ifndef PAM_WECHAT_DOCTOR_DOCTOR_PAM_MEND_H
#define PAM_WECHAT_DOCTOR_DOCTOR_PAM_MEND_H

#include <stdbool.h>

struct doctor;
struct pam_entry;
struct pam_stack;

struct pam_mend {
	struct doctor *doctor; /* whose last finding is mended */
	const char *service;
	const struct pam_stack *stack;
	bool ignores; /* with unlisted=ignore: who is not listed has to get in by a proof */
};

/* Ours lets a denial pass: it becomes "required". */
void doctor_pam_mend_control(const struct pam_mend *mend, const struct pam_entry *ours);

/* unlisted=ignore opens the service: it goes. */
void doctor_pam_mend_opening(const struct pam_mend *mend, const struct pam_entry *ours);

/* unlisted=ignore, and no line asks for a proof: one that does is put above ours. */
void doctor_pam_mend_ignoring(const struct pam_mend *mend, const struct pam_entry *ours);

/* confirm=wait goes, which stands in this line or in its configuration `conf`. */
void doctor_pam_mend_waiting(
	const struct pam_mend *mend, const struct pam_entry *ours, const char *conf);

/* A line that leads around ours. */
void doctor_pam_mend_way(const struct pam_mend *mend, const struct pam_entry *way);

/* A stack that never succeeds. */
void doctor_pam_mend_never(const struct pam_mend *mend);

/* The place that libpam reads otherwise than it may be meant. */
void doctor_pam_mend_reading(const struct pam_mend *mend);

#endif
