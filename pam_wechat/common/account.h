/*
 * account - looks users up in the system's databases (getpwnam_r, getpwuid_r), which may be far
 * away: that there is no such user and that nobody could tell are different answers.
 */
#ifndef PAM_WECHAT_COMMON_ACCOUNT_H
#define PAM_WECHAT_COMMON_ACCOUNT_H

#include <sys/types.h>

struct account {
	char *name; /* the database's own spelling */
	uid_t uid;
	gid_t gid;
	char *shell;
};

/*
 * Finds a user by name or by uid. Returns 0, and the account is to be finished; -ENOENT if there is
 * none; or another -errno if that could not be found out.
 */
int account_find(struct account *account, const char *name);
int account_find_uid(struct account *account, uid_t uid);

/* Frees what a successful search has allocated. */
void account_finish(struct account *account);

#endif
