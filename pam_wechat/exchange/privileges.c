#include "privileges.h"

#include <errno.h>
#include <grp.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <unistd.h>

#include "decimal.h"

/* A decimal uid or gid other than root's. Returns 0 or -EINVAL. */
static int parse_id(const char *string, uint32_t *id)
{
	/* (uint32_t)-1 means "no change"; 65534 is everyone whom a user namespace does not know. */
	int64_t value = decimal_parse_string(string, 1, (int64_t)UINT32_MAX - 1);

	if (value < 0 || value == 65534)
		return -EINVAL;
	*id = (uint32_t)value;
	return 0;
}

static int drop_root(const char *uid_string, const char *gid_string)
{
	uint32_t uid = 0, gid = 0;

	if (parse_id(uid_string, &uid) < 0 || parse_id(gid_string, &gid) < 0)
		return -EINVAL;
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return -errno;
	if (setuid(0) == 0 || setgid(0) == 0 || seteuid(0) == 0 || setegid(0) == 0)
		return -EPERM;
	return 0;
}

/* Makes a set-user-ID host's child belong to one user alone. */
static int drop_real_user(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return -errno;
	return 0;
}

int privileges_drop(const char *uid, const char *gid)
{
	int rv = geteuid() == 0 ? drop_root(uid, gid) : drop_real_user();

	if (rv < 0)
		return rv;
	/* No PR_SET_PDEATHSIG: when the host is killed, the helper has to hear of it from us. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	return 0;
}
