/*
 * subprocess - runs another program and takes what it says.
 */
#ifndef PAM_WECHAT_IO_SUBPROCESS_H
#define PAM_WECHAT_IO_SUBPROCESS_H

#include <stddef.h>

/*
 * Runs the program at the absolute path argv[0] with an empty environment and no input, and keeps
 * what it writes to standard output and standard error in `output`, NUL-terminated, cut off where
 * it does not fit. Returns its exit status; -ETIMEDOUT after ten seconds; -EINTR if a signal ended
 * it; or another -errno.
 */
int subprocess_run(const char *const *argv, char *output, size_t size);

/*
 * Calls `work` in a process of its own, which gets the writing end of a pipe; reads what comes from
 * there, as above. Returns the number of bytes, or -errno.
 */
int subprocess_call(int (*work)(int fd, void *context), void *context, char *output, size_t size,
	int *status, int seconds);

#endif
