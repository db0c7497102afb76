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
#include <sys/types.h>

struct problem;

/*
 * Binds an openid to one or more users, "alice:1001,bob": behind those on its line if it has one,
 * else on a new line at the end. A comment (NULL or "": none) is made fit to be shown (display.h),
 * and put behind the one that the line has. `bytes` NULL: there is no table yet, and the new one
 * begins by saying what it is.
 *
 * Returns 0 and the new text; or with the problem set -EEXIST if one of the users is bound to this
 * openid already; -EINVAL if openid or users cannot be such, if the user would have more than
 * SETTINGS_OPENIDS_MAX openids, or if the old or the new text does not parse; -ENOMEM.
 */
int binding_add(const char *path, const char *bytes, size_t length, const char *openid,
	const char *users, const char *comment, char **text, struct problem *problem);

/*
 * Writes uids behind the users of an openid (NULL: of all lines): for each binding `choose` gets
 * the user and the binding's uid, and returns the one that the line is to have (USERS_NO_UID:
 * none). It is asked in the file's order.
 *
 * Returns 0 and the new text; or -EINVAL or -ENOMEM with the problem set.
 */
typedef uid_t binding_choose_uid(const char *user, uid_t uid, void *context);

int binding_set_uids(const char *path, const char *bytes, size_t length, const char *openid,
	binding_choose_uid *choose, void *context, char **text, struct problem *problem);

/*
 * Takes users ("alice,bob"; NULL: all) from the line of an openid (NULL: from all lines). A line
 * that binds nobody any more goes, with its comment. "alice" is meant whatever uid stands behind
 * it, "alice:1001" with this one alone.
 *
 * Returns 0 and the new text, even if only some of the users were there; or with the problem set
 * -ENOENT if there was nothing to take; -EINVAL if the text does not parse; -ENOMEM.
 */
int binding_remove(const char *path, const char *bytes, size_t length, const char *openid,
	const char *users, char **text, struct problem *problem);

#endif
