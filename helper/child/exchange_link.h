/*
 * exchange_link - one connection of one login's child: REGISTER first and once, then RESULT and
 * ENDED; or LOST alone.
 */
#ifndef PAM_WECHAT_CHILD_EXCHANGE_LINK_H
#define PAM_WECHAT_CHILD_EXCHANGE_LINK_H

#include <sys/queue.h>

#include "peer.h"
#include "reason.h"

struct event;
struct helper;
struct login;

struct exchange_link {
	TAILQ_ENTRY(exchange_link) entries;
	struct exchange_links *all;
	struct helper *helper;
	struct peer peer; /* its timer is the login's deadline, or that of REGISTER */
	struct event *readable;
	struct login *login; /* NULL until it has registered */
	bool has_ended;      /* the child has said how, in `reason` */
	enum reason reason;
};
TAILQ_HEAD(exchange_links, exchange_link);

/* Takes over a connection, `fd` in any case. Returns 0 or -ENOMEM. */
int exchange_link_open(struct helper *helper, struct exchange_links *all, int fd);

/* Closes *link, ending its login; who waits for an answer gets the error `status`. */
void exchange_link_close(struct exchange_link **link, int status);

#endif
