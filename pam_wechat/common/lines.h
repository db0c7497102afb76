/*
 * lines - walks through a configuration file line by line, refusing what no editor on Unix makes.
 */
#ifndef PAM_WECHAT_COMMON_LINES_H
#define PAM_WECHAT_COMMON_LINES_H

#include <stddef.h>

#define LINES_LENGTH_MAX 4096

struct problem;

struct lines {
	const char *at, *end;
	size_t number; /* of the line that lines_next() gave last, from 1 */
};

void lines_init(struct lines *lines, const char *bytes, size_t length);

/*
 * Copies the next line, without its end, into `line` (LINES_LENGTH_MAX + 1 bytes, NUL-terminated).
 * Returns 1; 0 after the last line; or -EINVAL with the problem set for a line that is too long or
 * holds a byte order mark, a carriage return or another control character than a tab.
 */
int lines_next(struct lines *lines, char *line, struct problem *problem);

#endif
