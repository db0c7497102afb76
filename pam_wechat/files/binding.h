/*
 * binding - edits the text of a users table. What is not meant stays byte for byte as it was:
 * comments, order, blanks, line ends.
 *
 * Texts go in as users_parse() takes them and come out NUL-terminated, allocated by malloc. Both
 * the old text and the new one have passed users_parse() when a function here returns 0. `path` is
 * for messages.
 */
#ifndef PAM_WECHAT_FILES_BINDING_H
#define PAM_WECHAT_FILES_BINDING_H

#include <stdbool.h>
#include <stddef.h>

struct problem;

/*
 * Binds an openid to one or more users, "alice,bob": behind those on its line if it has one, else
 * on a new line at the end. A comment (NULL or "": none) is made fit to be shown (display.h), and
 * put behind the one that the line has. `bytes` NULL: there is no table yet, and the new one begins
 * by saying what it is.
 *
 * Returns 0 and the new text; or with the problem set -EEXIST if one of the users is bound to this
 * openid already; -EINVAL if openid or users cannot be such, if the user would have more than
 * SETTINGS_OPENIDS_MAX openids, or if the old or the new text does not parse; -ENOMEM.
 */
int binding_add(const char *path, const char *bytes, size_t length, const char *openid,
	const char *users, const char *comment, char **text, struct problem *problem);

/*
 * Takes users ("alice,bob"; NULL: all) from the line of an openid (NULL: from all lines). A line
 * that binds nobody any more goes, with its comment.
 *
 * Returns 0 and the new text, even if only some of the users were there; or with the problem set
 * -ENOENT if there was nothing to take; -EINVAL if the text does not parse; -ENOMEM.
 */
int binding_remove(const char *path, const char *bytes, size_t length, const char *openid,
	const char *users, char **text, struct problem *problem);

/* A part of a text: not terminated. */
struct span {
	const char *at;
	size_t length;
};

/* A line that binds, in the order of the file. */
struct binding_line {
	struct span whole; /* its end included, if it has one */
	struct span openid;
	struct span users; /* "alice,bob" */
	struct span
		comment; /* without '#' and the blanks around it; `at` is NULL if there is none */
};

/*
 * Walks a text that has passed users_parse(): finds the next line that binds, and takes it and what
 * stands before it off `rest`. Returns whether there is one.
 */
bool binding_next(struct span *rest, struct binding_line *line);

/* Takes the next of "alice,bob" off `names`. Returns whether there is one. */
bool binding_next_user(struct span *names, struct span *name);

#endif
