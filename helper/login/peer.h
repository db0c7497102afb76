/*
 * peer - the child that registered a login, as far as messages are sent to it.
 *
 * The connection that receives from the child holds this record, and owns what is in it.
 */
#ifndef PAM_WECHAT_LOGIN_PEER_H
#define PAM_WECHAT_LOGIN_PEER_H

#include <stdbool.h>

#include "wire.h"

struct event;

struct peer {
	int fd;
	struct event *timer; /* the connection is closed when it fires */
	int version;         /* of the wire, that the child speaks */
	bool is_gone;        /* it has hung up */
};

/*
 * Sends OPENED, CONTINUED, CANCELLED or REPORTED; not what the child's version does not know. If
 * the child can't take the message, the timer fires in the loop's next turn, never before: the
 * caller may go on using the login.
 */
void peer_tell(struct peer *peer, enum wire_verb verb);

/* As peer_tell(), for CODE. Both strings stay the caller's. */
void peer_hand_on(struct peer *peer, const char *ticket, const char *code);

#endif
