/*
 * deadline - a moment on CLOCK_MONOTONIC, in milliseconds, that every wait of ours ends at.
 */
#ifndef PAM_WECHAT_COMMON_DEADLINE_H
#define PAM_WECHAT_COMMON_DEADLINE_H

#include <stdint.h>

struct deadline {
	int64_t at_ms;
};

/* The monotonic clock now, in milliseconds. */
int64_t deadline_now(void);

/* The moment `ms` milliseconds from now. */
struct deadline deadline_in(int64_t ms);

/* Milliseconds that are left: 0 once it has passed, and never more than INT_MAX (for poll). */
int deadline_left(struct deadline deadline);

/*
 * Waits until `fd` shows one of poll(2)'s `events` (or an error or hang-up). Interrupted waits go
 * on. Returns 0, -ETIMEDOUT at the deadline, or -errno.
 */
int deadline_poll(struct deadline deadline, int fd, short events);

#endif
