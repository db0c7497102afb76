/*
 * users_change - changes the users table, under its lock, and says what has become of it.
 */
#ifndef PAM_WECHAT_USERS_USERS_CHANGE_H
#define PAM_WECHAT_USERS_USERS_CHANGE_H

#include <stdbool.h>

#include "binding.h"
#include "call.h"

struct problem;
struct secret;

enum users_change_kind { USERS_ADDS, USERS_REMOVES, USERS_SETS_UIDS };

struct users_change {
	enum users_change_kind kind;
	/* As binding_add(), binding_remove() and binding_set_uids() take them. */
	const char *openid, *users, *comment;
	bool is_forced; /* users_ignored.h is not asked */
	binding_choose_uid *choose;
	void *context;
};

/* Writes the table anew if anything changes. Prints each change; complains to standard error. */
enum command_exit users_change(const char *path, const struct users_change *change);

/*
 * Reads the table as the module does, and keeps its text. Returns 0 and what the caller frees by
 * secret_free(); or -errno with the problem set.
 */
int users_read_text(const char *path, struct secret **contents, struct problem *problem);

/* Tells an -errno and its problem to standard error. Returns `status`, or the one for no rights. */
enum command_exit users_complain(int rv, const struct problem *problem, enum command_exit status);

#endif
