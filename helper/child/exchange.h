/*
 * exchange - the socket where each login's child registers it, and waits for a phone.
 */
#ifndef PAM_WECHAT_CHILD_EXCHANGE_H
#define PAM_WECHAT_CHILD_EXCHANGE_H

#include <sys/types.h>

#include "wire.h"

struct exchange;
struct exchange_link;
struct helper;

/*
 * Accepts connections on `fd`, which becomes its own: from uid 0, until exchange_set_peer().
 * Returns NULL if there is no memory.
 */
struct exchange *exchange_create(struct helper *helper, int fd);

/* Closes all connections, ending their logins, and sets *exchange to NULL. NULL is accepted. */
void exchange_free(struct exchange **exchange);

/* Accepts connections from `peer`, too, and from our own uid if `or_own`. */
void exchange_set_peer(struct exchange *exchange, uid_t peer, bool or_own);

/* Accepts no more, and answers whoever waits for a code's result with this error of HTTP. */
void exchange_stop(struct exchange *exchange, int status);

/*
 * Says OPENED, CANCELLED or REPORTED to whoever registered a login. A connection that can't take it
 * is closed soon, never before the loop's next turn.
 */
void exchange_tell(struct exchange_link *link, enum wire_verb verb);

/* As exchange_tell(), for CODE. */
void exchange_hand_on(struct exchange_link *link, const char *ticket, const char *code);

#endif
