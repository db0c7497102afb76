/* Preloaded where valgrind is older than pidfd_open() (Debian 12's): one child, by its pid. */
#include <fcntl.h>
#include <sys/pidfd.h>
#include <sys/types.h>
#include <sys/wait.h>

static pid_t child;

int pidfd_open(pid_t pid, unsigned int flags)
{
	(void)flags;
	child = pid;
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	(void)type, (void)id, (void)info, (void)options;
	return waitpid(child, NULL, 0) < 0 ? -1 : 0;
}
