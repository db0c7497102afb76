/*
 * users_uids - the uids of the users table, as this machine has them.
 */
#ifndef PAM_WECHAT_USERS_USERS_UIDS_H
#define PAM_WECHAT_USERS_USERS_UIDS_H

#include <stdbool.h>

#include "call.h"

#define USERS_NUMBERED_MAX 8192

/*
 * Puts its uid behind each of the users ("alice,bob") that names none. Complains to standard error
 * of users whom this machine doesn't know, or knows by another uid. Returns whether they may be
 * bound: if `is_forced` they may.
 */
bool users_uids_fill(const char *users, bool is_forced, char numbered[static USERS_NUMBERED_MAX]);

/*
 * Writes the uids that the whole table lacks; or, if users are named, theirs, in place of what
 * stands there. What differs and what can't be looked up stays, after a complaint, and is an exit
 * status of COMMAND_REFUSED.
 */
enum command_exit users_uids_write(const char *path, const char *const *users, int count);

#endif
