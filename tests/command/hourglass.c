/*
 * hourglass - to be preloaded: a program that sleeps until a moment sleeps until somebody opens the
 * fifo HOURGLASS for writing and closes it, however long that takes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *end, struct timespec *left)
{
	const char *path = getenv("HOURGLASS");
	char byte;
	int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);

	(void)clock;
	(void)end;
	(void)left;
	if (fd < 0 || (flags & TIMER_ABSTIME) == 0)
		return EINVAL;
	while (read(fd, &byte, 1) > 0)
		continue;
	close(fd);
	return 0;
}
