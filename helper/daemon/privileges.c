#include "privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "problem.h"

/* Returns 0; -ENOENT with the problem set if there is no such user; or another -errno. */
static int find_user(const char *name, uid_t *uid, gid_t *gid, struct problem *problem)
{
	const struct passwd *entry;

	errno = 0;
	entry = getpwnam(name);
	if (entry == NULL) {
		/* glibc reports "no such user" by errno 0, ENOENT and others besides. */
		if (errno == ENOMEM || errno == EIO || errno == EMFILE || errno == ENFILE)
			return problem_set(problem, -errno, "user %s: %s", name, strerror(errno));
		return problem_set(problem, -ENOENT, "there is no user %s", name);
	}
	*uid = entry->pw_uid;
	*gid = entry->pw_gid;
	return 0;
}

static int become(const char *user, struct problem *problem)
{
	uid_t uid = 0;
	gid_t gid = 0;
	uid_t real, effective, saved;
	int rv = find_user(user, &uid, &gid, problem);

	if (rv < 0)
		return rv;
	if (uid == 0)
		return problem_set(problem, -EINVAL, "user %s is root", user);
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return problem_set(problem, -errno, "becoming user %s: %s", user, strerror(errno));
	if (getresuid(&real, &effective, &saved) < 0 || real != uid || effective != uid ||
		saved != uid || setresuid((uid_t)-1, 0, (uid_t)-1) == 0 ||
		setresgid((gid_t)-1, 0, (gid_t)-1) == 0)
		return problem_set(
			problem, -EPERM, "root could be regained after becoming user %s", user);
	return 0;
}

int privileges_drop(const char *user, struct problem *problem)
{
	int rv = 0;

	if (geteuid() == 0)
		rv = become(user, problem);
	if (rv == 0 && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
			       prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0))
		rv = problem_set(problem, -errno, "prctl: %s", strerror(errno));
	return rv;
}

int privileges_find_peer(
	const char *peer_user, bool as_root, uid_t *uid, gid_t *gid, struct problem *problem)
{
	int rv = find_user(peer_user, uid, gid, problem);

	if (rv == -ENOENT && !as_root) {
		*uid = geteuid();
		*gid = (gid_t)-1;
		problem->text[0] = '\0';
		return 0;
	}
	if (rv == 0 && !as_root)
		*gid = (gid_t)-1;
	return rv;
}

long privileges_raise_files(long wanted)
{
	struct rlimit limit, raised;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -1;
	if (limit.rlim_cur >= (rlim_t)wanted)
		return wanted;
	raised.rlim_cur = (rlim_t)wanted;
	raised.rlim_max = limit.rlim_max < raised.rlim_cur ? raised.rlim_cur : limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
		return wanted;
	/* Only root may go past the hard limit. */
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -1;
	return (long)limit.rlim_cur;
}
