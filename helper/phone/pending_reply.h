/*
 * pending_reply - the answer to a callback that waits until its code is judged.
 */
#ifndef PAM_WECHAT_PHONE_PENDING_REPLY_H
#define PAM_WECHAT_PHONE_PENDING_REPLY_H

#include "language.h"
#include "request.h"

struct event;
struct pending_reply;
struct ticket;

/* Called once, unless it is answered before; it has to release the reply and to answer. */
typedef void pending_reply_late_cb(struct pending_reply *pending_reply, const void *context);

struct pending_reply {
	struct request request;
	struct ticket
		*ticket; /* its ticket, which knows it in turn, and forgets it with its client */
	enum language language;
	struct event *timer;
	pending_reply_late_cb *late_cb;
	const void *context;
};

/*
 * Keeps the request, so that it can be answered later; after `late_ms` the callback answers it.
 * Returns NULL if there is no memory.
 */
struct pending_reply *pending_reply_create(const struct request *request, enum language language,
	struct ticket *ticket, int late_ms, pending_reply_late_cb *late_cb, const void *context);

/* Gives the request back, to be answered at once, and frees *pending_reply, which is the ticket's.
 */
void pending_reply_release(struct pending_reply **pending_reply, struct request *request);

#endif
