/*
 * problem - one sentence for the administrator: what is wrong, where, and what to mend.
 */
#ifndef PAM_WECHAT_COMMON_PROBLEM_H
#define PAM_WECHAT_COMMON_PROBLEM_H

struct problem {
	char text[1024]; /* "" while nothing is wrong */
};

/* Sets the sentence, cut off where it is too long. Returns `error`, for `return problem_set(...)`.
 */
int problem_set(struct problem *problem, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts a place, such as "file:12: ", in front of the sentence. */
void problem_locate(struct problem *problem, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
