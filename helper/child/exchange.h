/*
 * exchange - the socket where each login's child registers it, and waits for a phone.
 */
#ifndef PAM_WECHAT_CHILD_EXCHANGE_H
#define PAM_WECHAT_CHILD_EXCHANGE_H

#include <stdbool.h>
#include <sys/types.h>

struct exchange;
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

#endif
