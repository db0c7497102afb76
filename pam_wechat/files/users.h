/*
 * users - the users table: which WeChat account may sign in as which local users.
 *
 *     openid  user[:uid][,user[:uid]...]  # comment
 *
 * Blanks or tabs separate; commas stand without them. A line binds one openid, and an openid has
 * one line. Anything that does not fit refuses the file as a whole, naming file and line.
 *
 * A binding with a uid counts only for an account that has this uid: a name that was given to
 * somebody else does not take the WeChat account along.
 */
#ifndef PAM_WECHAT_FILES_USERS_H
#define PAM_WECHAT_FILES_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define USERS_FILE_MAX (1024 * 1024)

/* In place of a uid: the binding names none; or there is no account, or it can't be looked up. */
#define USERS_NO_UID ((uid_t)-1)

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

/* Whether a binding names this uid. */
bool users_has_uid(const struct users *users, uid_t uid);

/*
 * The comment on the line of this openid, without "#" and the blanks around that, as it stands
 * there; "" for none.
 */
const char *users_comment_of(const struct users *users, const char *openid);

/*
 * Whether the table binds exactly this openid to exactly this user, and the binding counts for an
 * account with this uid.
 */
bool users_has_link(const struct users *users, const char *openid, const char *user, uid_t uid);

/*
 * Whether the table binds exactly this openid to exactly this user, for whatever account. Sets
 * `uid` to the binding's.
 */
bool users_find_link(const struct users *users, const char *openid, const char *user, uid_t *uid);

/*
 * Appends the user's openids whose bindings count for an account with this uid, separated by '.'.
 * Returns how many there are.
 */
size_t users_add_openids(const struct users *users, const char *user, uid_t uid, struct text *list);

/*
 * Lists the users of bindings without a uid, each once. Returns 0 and an array that ends with
 * NULL; the caller frees it, and the names stay the table's. Or returns -ENOMEM.
 */
int users_list_bare(const struct users *users, const char ***names);

/* The user of binding `index`, for a walk from 0 on; NULL past the last. */
const char *users_user_at(const struct users *users, size_t index);

/* Whether no binding before `index` is of the same user: so a walk meets each user once. */
bool users_is_first_at(const struct users *users, size_t index);

/* The uid of the same binding. */
uid_t users_uid_at(const struct users *users, size_t index);

/* The openid of the same binding. */
const char *users_openid_at(const struct users *users, size_t index);

/* The line of the same binding, from 1 on; 0 past the last. */
size_t users_line_at(const struct users *users, size_t index);

/* Whether a string may name a local user: 1 to 256 bytes, no blank, control, ',', ':', ';' or '#'.
 */
bool users_is_name(const char *string);

/*
 * Takes "alice" or "alice:1001" apart: ends `word` behind the name, and sets the uid. Returns 0,
 * or -EINVAL with the problem set.
 */
int users_split(char *word, uid_t *uid, struct problem *problem);

#endif
