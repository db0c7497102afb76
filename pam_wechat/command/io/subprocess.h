/*
 * subprocess - runs another program and takes what it says.
 */
#ifndef PAM_WECHAT_IO_SUBPROCESS_H
#define PAM_WECHAT_IO_SUBPROCESS_H

#include <stddef.h>
#include <sys/types.h>

struct deadline;
struct unprivileged;

/* One that works while its parent does something else. */
struct subprocess {
	pid_t pid;
	int fd; /* what it says; -1: there is none */
};

/*
 * Runs the program at the absolute path argv[0] with an empty environment and no input, and keeps
 * what it writes to standard output and standard error in `output`, NUL-terminated, cut off where
 * it does not fit. Returns its exit status; -ETIMEDOUT after ten seconds; -EINTR if a signal ended
 * it; or another -errno.
 */
int subprocess_run(const char *const *argv, char *output, size_t size);

/* As subprocess_run(), by a process that has become this user; -EPERM if it could not. */
int subprocess_run_as(
	const char *const *argv, const struct unprivileged *as, char *output, size_t size);

/*
 * Calls `work` in a process of its own, which gets the writing end of a pipe. Returns 0 and a
 * process that subprocess_finish() ends; or -errno, and there is none.
 */
int subprocess_begin(struct subprocess *begun, int (*work)(int fd, void *context), void *context);

/*
 * Reads what the process writes to its pipe, as above, until it has ended; at the deadline it is
 * killed. Returns the number of bytes, or -errno.
 */
int subprocess_finish(
	struct subprocess *begun, char *output, size_t size, int *status, struct deadline deadline);

/* Kills the process, if subprocess_finish() has not ended it. */
void subprocess_end(struct subprocess *begun);

/* Both at once. Returns the number of bytes, or -errno. */
int subprocess_call(int (*work)(int fd, void *context), void *context, char *output, size_t size,
	int *status, int seconds);

#endif
