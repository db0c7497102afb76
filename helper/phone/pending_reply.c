#include "pending_reply.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <event2/http.h>

#include "connection.h"
#include "login.h"

/*
 * evhttp frees the connection. It has taken a request that it does not own any more off it before
 * (then nobody else frees it), or is about to free it with the connection.
 */
static void on_close(struct evhttp_connection *carrier, void *context)
{
	struct pending_reply *pending_reply = context;

	(void)carrier;
	pending_reply->ticket->pending_reply = NULL;
	if (evhttp_request_get_connection(pending_reply->request.http) == NULL)
		evhttp_request_free(pending_reply->request.http);
	event_free(pending_reply->timer);
	free(pending_reply);
}

static void on_late(int fd, short what, void *context)
{
	struct pending_reply *pending_reply = context;

	(void)fd;
	(void)what;
	pending_reply->late_cb(pending_reply, pending_reply->context);
}

struct pending_reply *pending_reply_create(const struct request *request, enum language language,
	struct ticket *ticket, int late_ms, pending_reply_late_cb *late_cb, const void *context)
{
	struct pending_reply *pending_reply = calloc(1, sizeof(*pending_reply));
	struct timeval late = {.tv_sec = late_ms / 1000, .tv_usec = late_ms % 1000 * 1000};
	struct evhttp_connection *carrier = evhttp_request_get_connection(request->http);

	if (pending_reply == NULL)
		return NULL;
	pending_reply->timer =
		evtimer_new(evhttp_connection_get_base(carrier), on_late, pending_reply);
	if (pending_reply->timer == NULL || event_add(pending_reply->timer, &late) < 0) {
		if (pending_reply->timer != NULL)
			event_free(pending_reply->timer);
		free(pending_reply);
		return NULL;
	}
	pending_reply->late_cb = late_cb;
	pending_reply->context = context;
	pending_reply->request = *request;
	/* It is handed on, and not kept. */
	explicit_bzero(pending_reply->request.code, sizeof(pending_reply->request.code));
	pending_reply->language = language;
	pending_reply->ticket = ticket;
	evhttp_connection_set_closecb(carrier, on_close, pending_reply);
	if (request->connection != NULL)
		connection_hold(request->connection);
	return pending_reply;
}

void pending_reply_release(struct pending_reply **pending_reply, struct request *request)
{
	*request = (*pending_reply)->request;
	/* evhttp calls it for every connection that ends, answered ones, too. */
	evhttp_connection_set_closecb(evhttp_request_get_connection(request->http), NULL, NULL);
	event_free((*pending_reply)->timer);
	free(*pending_reply);
	*pending_reply = NULL;
}
