#include "subprocess.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "deadline.h"
#include "unprivileged.h"

#define PROGRAM_SECONDS 10
#define NOT_RUN 127
#define NOT_BECOME 126

/* Reads until the end, keeping what fits. Returns the number of bytes kept, or -errno. */
static int read_all(int fd, char *output, size_t size, struct deadline deadline)
{
	size_t length = 0;

	for (;;) {
		char spare[512];
		bool fits = length + 1 < size;
		ssize_t got;
		int rv = deadline_poll(deadline, fd, POLLIN);

		if (rv < 0)
			return rv;
		got = fits ? read(fd, output + length, size - 1 - length)
		           : read(fd, spare, sizeof(spare));
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == 0)
			break;
		if (got > 0 && fits)
			length += (size_t)got;
		output[length] = '\0';
	}
	return (int)length;
}

int subprocess_begin(struct subprocess *begun, int (*work)(int fd, void *context), void *context)
{
	int ends[2];
	int rv;

	*begun = (struct subprocess){.pid = -1, .fd = -1};
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	begun->pid = fork();
	if (begun->pid == 0) {
		close(ends[0]);
		/* Nothing of the parent's, such as buffered output, is to be written twice. */
		_exit(work(ends[1], context));
	}
	rv = begun->pid < 0 ? -errno : 0;
	close(ends[1]);
	if (rv < 0)
		close(ends[0]);
	else
		begun->fd = ends[0];
	return rv;
}

/* Waits for its end. Returns 0 or -errno. */
static int reap(struct subprocess *begun, int *status)
{
	while (waitpid(begun->pid, status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

void subprocess_end(struct subprocess *begun)
{
	int status;

	if (begun->fd < 0)
		return;
	(void)kill(begun->pid, SIGKILL);
	(void)reap(begun, &status);
	close(begun->fd);
	begun->fd = -1;
}

int subprocess_finish(
	struct subprocess *begun, char *output, size_t size, int *status, struct deadline deadline)
{
	int rv;

	output[0] = '\0';
	if (begun->fd < 0)
		return -ESRCH;
	rv = read_all(begun->fd, output, size, deadline);
	if (rv < 0)
		(void)kill(begun->pid, SIGKILL);
	(void)reap(begun, status);
	close(begun->fd);
	begun->fd = -1;
	return rv;
}

int subprocess_call(int (*work)(int fd, void *context), void *context, char *output, size_t size,
	int *status, int seconds)
{
	struct subprocess begun;
	int rv = subprocess_begin(&begun, work, context);

	output[0] = '\0';
	return rv < 0 ? rv
	              : subprocess_finish(
				&begun, output, size, status, deadline_in(seconds * 1000));
}

struct program {
	const char *const *argv;
	const struct unprivileged *as; /* NULL: who we are */
};

static int execute(int fd, void *context)
{
	const struct program *program = context;
	static char *const environment[] = {
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", NULL};
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(fd, STDOUT_FILENO) < 0 ||
		dup2(fd, STDERR_FILENO) < 0)
		return NOT_RUN;
	if (program->as != NULL && unprivileged_become(program->as) < 0)
		return NOT_BECOME;
	(void)execve(program->argv[0], (char *const *)(const void *)program->argv, environment);
	return NOT_RUN;
}

int subprocess_run_as(
	const char *const *argv, const struct unprivileged *as, char *output, size_t size)
{
	struct program program = {argv, as};
	int status = 0;
	int rv = subprocess_call(execute, &program, output, size, &status, PROGRAM_SECONDS);

	if (rv < 0)
		return rv;
	if (!WIFEXITED(status))
		return -EINTR;
	return as != NULL && WEXITSTATUS(status) == NOT_BECOME ? -EPERM : WEXITSTATUS(status);
}

int subprocess_run(const char *const *argv, char *output, size_t size)
{
	return subprocess_run_as(argv, NULL, output, size);
}
