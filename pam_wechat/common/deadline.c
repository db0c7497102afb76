#include "deadline.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <time.h>

int64_t deadline_now(void)
{
	struct timespec now;

	/* CLOCK_MONOTONIC and a valid pointer: it cannot fail. */
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct deadline deadline_in(int64_t ms)
{
	return (struct deadline){.at_ms = deadline_now() + ms};
}

int deadline_left(struct deadline deadline)
{
	int64_t left = deadline.at_ms - deadline_now();

	if (left < 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

int deadline_poll(struct deadline deadline, int fd, short events)
{
	for (;;) {
		struct pollfd wanted = {.fd = fd, .events = events};
		int ready = poll(&wanted, 1, deadline_left(deadline));

		if (ready > 0)
			return 0;
		if (ready == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}
