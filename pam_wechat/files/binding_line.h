/*
 * binding_line - walks the text of a users table in the order of the file, comments included.
 */
#ifndef PAM_WECHAT_FILES_BINDING_LINE_H
#define PAM_WECHAT_FILES_BINDING_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* A part of a text: not terminated. */
struct span {
	const char *at;
	size_t length;
};

/* A line that binds, in the order of the file. */
struct binding_line {
	struct span whole; /* its end included, if it has one */
	struct span openid;
	struct span users; /* "alice:1001,bob" */
	struct span
		comment; /* without '#' and the blanks around it; `at` is NULL if there is none */
};

/*
 * Walks a text that has passed users_parse(): finds the next line that binds, and takes it and what
 * stands before it off `rest`. Returns whether there is one.
 */
bool binding_next(struct span *rest, struct binding_line *line);

/* One of a line's users. */
struct binding_user {
	struct span whole; /* "alice:1001" */
	struct span name;
	struct span uid; /* empty if there is none */
};

/* Takes the next of "alice:1001,bob" off `users`. Returns whether there is one. */
bool binding_next_user(struct span *users, struct binding_user *user);

#endif
