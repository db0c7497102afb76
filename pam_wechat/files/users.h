/*
 * users - the users table: which WeChat account may sign in as which local users.
 *
 *     openid  user[,user...]  # comment
 *
 * Blanks or tabs separate; commas stand without them. A line binds one openid, and an openid has
 * one line. Anything that does not fit refuses the file as a whole, naming file and line.
 */
#ifndef PAM_WECHAT_FILES_USERS_H
#define PAM_WECHAT_FILES_USERS_H

#include <stdbool.h>
#include <stddef.h>

#define USERS_FILE_MAX (1024 * 1024)

struct problem;
struct text;
struct users;

/*
 * Parses `length` bytes of a file named `path` (for messages). Returns 0 and a table that the
 * caller frees; -ENOMEM; or -EINVAL with the problem set, beginning with "path:line: ", or "path: "
 * if the file is too large.
 */
int users_parse(const char *path, const char *bytes, size_t length, struct users **users,
	struct problem *problem);

/*
 * Reads a table that safe_file_read() trusts and that nobody else may read. Returns as
 * users_parse(), or another -errno with the problem set.
 */
int users_read(const char *path, struct users **users, struct problem *problem);

void users_free(struct users **users);

/* Whether no line binds anything. */
bool users_is_empty(const struct users *users);

/* Whether a line names exactly this user. */
bool users_has_user(const struct users *users, const char *user);

/* Whether the table binds exactly this openid to exactly this user. */
bool users_has_link(const struct users *users, const char *openid, const char *user);

/*
 * The comment on the line of this openid, without "#" and the blanks around that, as it stands
 * there;
 * "" for none.
 */
const char *users_comment_of(const struct users *users, const char *openid);

/* Appends the user's openids, separated by '.'. Returns how many there are. */
size_t users_add_openids(const struct users *users, const char *user, struct text *list);

/* The user of binding `index`, for a walk from 0 on; NULL past the last. */
const char *users_user_at(const struct users *users, size_t index);

/* Whether no binding before `index` is of the same user: so a walk meets each user once. */
bool users_is_first_at(const struct users *users, size_t index);

/* The openid of the same binding. */
const char *users_openid_at(const struct users *users, size_t index);

/* The line of the same binding, from 1 on; 0 past the last. */
size_t users_line_at(const struct users *users, size_t index);

/* Whether a string may name a local user: 1 to 256 bytes, no blank, control, ',', ':' or '#'. */
bool users_is_name(const char *string);

#endif
