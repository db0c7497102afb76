/*
 * helper - what the parts of the daemon share: one loop, one thread, one of each.
 */
#ifndef PAM_WECHAT_STATE_HELPER_H
#define PAM_WECHAT_STATE_HELPER_H

#include <stdbool.h>
#include <stdint.h>

#include "logins.h"
#include "metrics.h"
#include "rate_limit.h"

struct connections;
struct event_base;
struct exchange;
struct settings;

struct helper {
	struct event_base *base;
	struct settings *settings;
	struct logins logins;
	struct connections *connections;
	struct exchange *exchange;
	uint64_t tickets; /* handed out so far */
	bool stopping;
	struct rate_limit rate_limit;
	struct metrics metrics;
};

#endif
