/*
 * helper - what the parts of the daemon share: one loop, one thread, one of each.
 */
#ifndef PAM_WECHAT_STATE_HELPER_H
#define PAM_WECHAT_STATE_HELPER_H

#include <stdbool.h>
#include <stdint.h>

#include "login.h"
#include "logins.h"
#include "metrics.h"
#include "rate_limit.h"

#define HELPER_INSTANCE_LENGTH 16

struct connections;
struct departures;
struct event_base;
struct exchange;
struct settings;

struct helper {
	struct event_base *base;
	struct settings *settings;
	struct logins logins;
	struct connections *connections;
	struct exchange *exchange;
	struct departures *departures;
	uint64_t tickets; /* handed out so far */
	bool stopping;
	struct rate_limit rate_limit;
	struct metrics metrics;
	struct metrics checks;                     /* of pam-wechat doctor's: nobody reads them */
	char instance[HELPER_INSTANCE_LENGTH + 1]; /* drawn at each start: tells helpers apart */
};

/* What a login counts in; NULL: none is known. */
static inline struct metrics *helper_metrics(struct helper *helper, const struct login *login)
{
	return login != NULL && login_is_check(login) ? &helper->checks : &helper->metrics;
}

#endif
