#include "unlisted.h"

#include <errno.h>
#include <string.h>

#include "account.h"
#include "login.h"
#include "users.h"

/*
 * Sees whether the table names the same account under another name: getpwnam's own spelling, or a
 * user with the same uid. Returns 0 and the answer, or -errno if that could not be found out.
 */
static int find_other_name(const struct users *users, const char *user, bool *found)
{
	struct account account, other;
	int rv = account_find(&account, user);

	*found = false;
	if (rv < 0)
		return rv == -ENOENT ? 0 : rv;
	*found = users_has_user(users, account.name);
	for (size_t i = 0; !*found && users_user_at(users, i) != NULL; i++) {
		rv = account_find(&other, users_user_at(users, i));
		if (rv == -ENOENT)
			continue;
		if (rv < 0)
			break;
		*found = other.uid == account.uid;
		account_finish(&other);
	}
	account_finish(&account);
	return rv == -ENOENT ? 0 : rv;
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
	rv = find_other_name(login->users, login->requester.user, &found);
	if (rv < 0)
		return login_refuse_problem(login,
			problem_set(&login->problem, -EIO,
				"unlisted=ignore: users cannot be looked up: %s", strerror(-rv)));
	return found ? LOGIN_GO_ON : PAM_IGNORE;
}
