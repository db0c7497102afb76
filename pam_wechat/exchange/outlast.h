/*
 * outlast - what is left of a login in its child when it is over: nothing secret, and one duty.
 *
 * Every login leaves one line in the log. The module writes it; but it may be killed first, in a
 * question that nobody answers any more. Then the helper has to, and nobody but the child can tell
 * it: the child lasts as long as the module.
 */
#ifndef PAM_WECHAT_EXCHANGE_OUTLAST_H
#define PAM_WECHAT_EXCHANGE_OUTLAST_H

#include "progress.h"
#include "wire.h"

struct remains {
	enum {
		REMAINS_NOTHING,   /* the module writes its line, or the helper knows already */
		REMAINS_TO_WAIT,   /* time is up, and the module has not ended */
		REMAINS_TO_REPORT, /* the module is gone, and the helper does not know */
	} duty;
	char name[WIRE_NAME_LENGTH + 1];
	char socket[128]; /* of the helper */
	enum progress phone;
};

/*
 * Does what remains. While it waits, it answers the module: the login has expired, and so far the
 * phone came. A helper that is away is waited for, for a minute at most.
 */
void outlast(int module, struct remains *remains);

#endif
