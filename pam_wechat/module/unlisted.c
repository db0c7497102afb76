#include "unlisted.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "login.h"
#include "users.h"

/* Looks up each listed name without a uid: whose uid does it have? Returns as below. */
static int find_uid(const struct users *users, uid_t uid, bool *found)
{
	const char **names;
	int rv = users_list_bare(users, &names);

	*found = false;
	for (size_t i = 0; rv == 0 && !*found && names[i] != NULL; i++) {
		struct account account;

		rv = account_find(&account, names[i]);
		if (rv == 0) {
			*found = account.uid == uid;
			account_finish(&account);
		} else if (rv == -ENOENT) {
			rv = 0;
		}
	}
	free(names);
	return rv;
}

/*
 * Sees whether the table names the same account under another name: the system's own spelling, the
 * same uid, or a user with the same uid. Somebody whom this machine doesn't know takes as long as
 * somebody whom it does. Returns 0 and the answer, or -errno if that could not be found out.
 */
static int find_other_name(
	const struct users *users, const struct requester *requester, bool *found)
{
	uid_t uid = requester_uid(requester);

	if (requester->look_up < 0 && requester->look_up != -ENOENT)
		return requester->look_up;
	*found = users_has_uid(users, uid) ||
	         (requester->look_up == 0 && users_has_user(users, requester->account.name));
	return *found ? 0 : find_uid(users, uid, found);
}

int unlisted_judge(struct login *login)
{
	const char *table = login->settings.users_file;
	bool found = false;
	int rv;

	if (users_is_empty(login->users))
		return login_refuse_problem(login,
			problem_set(&login->problem, -EINVAL,
				"%s: an empty table does not go with unlisted=ignore", table));
	if (login->entry.user_is_listed)
		return LOGIN_GO_ON;
	rv = find_other_name(login->users, &login->requester, &found);
	if (rv < 0)
		return login_refuse_problem(login,
			problem_set(&login->problem, -EIO,
				"unlisted=ignore: users cannot be looked up: %s", strerror(-rv)));
	return found ? LOGIN_GO_ON : PAM_IGNORE;
}
