#include "unprivileged.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "privileges.h"

#define UNKNOWN_USER "65533"

int unprivileged_choose(struct unprivileged *chosen, const char *exchange_user)
{
	struct account account;
	int rv;

	*chosen = geteuid() == 0 ? (struct unprivileged){.uid = UNKNOWN_USER, .gid = UNKNOWN_USER}
	                         : (struct unprivileged){.uid = "-", .gid = "-"};
	if (geteuid() != 0 || exchange_user == NULL)
		return 0;
	rv = account_find(&account, exchange_user);
	if (rv < 0)
		return rv;
	(void)snprintf(chosen->uid, sizeof(chosen->uid), "%lu", (unsigned long)account.uid);
	(void)snprintf(chosen->gid, sizeof(chosen->gid), "%lu", (unsigned long)account.gid);
	account_finish(&account);
	return 0;
}

int unprivileged_become(const struct unprivileged *chosen)
{
	/* OpenSSL and libcurl would obey it. */
	if (clearenv() != 0)
		return -EINVAL;
	return chosen->stays ? 0 : privileges_drop(chosen->uid, chosen->gid);
}
