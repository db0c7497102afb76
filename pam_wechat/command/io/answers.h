/*
 * answers - what the administrator types, a line at a time, with a limit to the wait.
 */
#ifndef PAM_WECHAT_IO_ANSWERS_H
#define PAM_WECHAT_IO_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>

#define ANSWERS_LINE_MAX 512

struct answers {
	char bytes[ANSWERS_LINE_MAX]; /* typed already; all zero to begin with */
	size_t length;
	bool ended;
};

/*
 * Waits at most `ms` milliseconds (-1: without limit) for a line at standard input, and copies it
 * without its end and without blanks around it; what is too long is cut off. What was written to
 * standard output is shown before. Returns 1; 0 when the time is up; -ENODATA at the end of the
 * input, for good.
 */
int answers_next(struct answers *answers, int ms, char line[static ANSWERS_LINE_MAX]);

/* Asks a question, " [y/N] " behind it. Whatever is not yes is no. */
bool answers_agree(struct answers *answers, const char *question);

/* Wipes what was typed. */
void answers_finish(struct answers *answers);

#endif
