/*
 * pam_judge - can anybody get in by a stack against the will of pam_wechat.so?
 */
#ifndef PAM_WECHAT_PAM_PAM_JUDGE_H
#define PAM_WECHAT_PAM_PAM_JUDGE_H

#include <stdbool.h>

#include "pam_module.h"

struct pam_entry;
struct pam_stack;

/*
 * How much somebody has on his side: modules of the classes before and of this one may succeed or
 * fail, the others fail. pam_permit always succeeds.
 */
enum pam_means {
	PAM_MEANS_NONE,    /* those that succeed for whoever comes */
	PAM_MEANS_KNOWN,   /* and those that decide by what is known already */
	PAM_MEANS_UNKNOWN, /* and those of which nothing is known */
	PAM_MEANS_PROOF,   /* and a proof: all others */
};

struct pam_question {
	const char *service;
	int code; /* what our modules answer, a number of libpam's */
	enum pam_means means;
	bool has_empty_password; /* pam_unix takes it, where it is allowed to */
	bool lacks_missing; /* modules that are missing answer so; if not, as if they were there */
	/*
	 * Lines of this file that end the stack with a module of PAM_CLASS_DECIDES or PROVES are
	 * meant as exceptions, and fail; or NULL.
	 */
	const char *own_file;
	const struct pam_entry *led_by; /* but for this one; or NULL */
};

/* Whether a run that asks ours may end in PAM_SUCCESS. */
bool pam_judge_passes(const struct pam_stack *stack, const struct pam_question *question);

/* Whether a run that does not ask ours may. */
bool pam_judge_leads_around(const struct pam_stack *stack, const struct pam_question *question);

/*
 * Whether nobody gets in while the module finds no configuration: so it is for whoever runs the
 * host as himself.
 */
bool pam_judge_wants_root(const struct pam_stack *stack, const char *service);

/*
 * The line that leads around ours: of those above it the last that may end the stack or skip lines.
 * The first line if it is none of these; NULL if there is no way around.
 */
const struct pam_entry *pam_judge_way_around(
	const struct pam_stack *stack, const struct pam_question *question);

/* The first line above ours that may skip ours, by a number of lines; NULL if there is none. */
const struct pam_entry *pam_judge_jump_over(const struct pam_stack *stack);

/*
 * The line whose module is missing, if nobody gets in by the stack because of that; or NULL. The
 * stack may be of any type of lines.
 */
const struct pam_entry *pam_judge_lost(const struct pam_stack *stack, const char *service);

#endif
