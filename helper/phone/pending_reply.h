/*
 * pending_reply - the answer to a callback that waits until its code is judged.
 */
#ifndef PAM_WECHAT_PHONE_PENDING_REPLY_H
#define PAM_WECHAT_PHONE_PENDING_REPLY_H

#include "language.h"
#include "request.h"

struct ticket;

struct pending_reply {
	struct request request;
	struct ticket
		*ticket; /* its ticket, which knows it in turn, and forgets it with its client */
	enum language language;
};

/* Keeps the request, so that it can be answered later. Returns NULL if there is no memory. */
struct pending_reply *pending_reply_create(
	const struct request *request, enum language language, struct ticket *ticket);

/* Gives the request back, to be answered at once, and frees *held, which is the ticket's. */
void pending_reply_release(struct pending_reply **pending_reply, struct request *request);

#endif
