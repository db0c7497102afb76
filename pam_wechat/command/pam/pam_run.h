/*
 * pam_run - what libpam makes of a stack's answers (pam.conf(5)): a stack is run with all answers
 * that its modules may give, at once.
 */
#ifndef PAM_WECHAT_PAM_PAM_RUN_H
#define PAM_WECHAT_PAM_PAM_RUN_H

#include <stdbool.h>
#include <stddef.h>

#define PAM_RUN_ANSWERS_MAX 2

struct pam_entry;
struct pam_stack;

/* Gives the codes that the entry's module may answer with: how many, at least one. */
typedef size_t pam_run_answers(
	const struct pam_entry *entry, const void *context, int codes[PAM_RUN_ANSWERS_MAX]);

struct pam_run {
	bool asking_ours; /* whether some run that asks ours ends in PAM_SUCCESS */
	bool around_ours; /* whether some other does */
};

/*
 * Runs the stack with every combination of answers; modules that fail always are not asked. For a
 * stack that can't be followed to its end, both are true; for one that libpam doesn't read, none.
 */
struct pam_run pam_run_all(
	const struct pam_stack *stack, pam_run_answers *answers, const void *context);

/*
 * The place behind `jump` modules from `at` on, a substack counting as one; 0 if there are not so
 * many.
 */
size_t pam_run_skip(const struct pam_stack *stack, size_t at, int jump);

/* The place behind all lines of this level and deeper ones. */
size_t pam_run_end_of_level(const struct pam_stack *stack, size_t at);

#endif
