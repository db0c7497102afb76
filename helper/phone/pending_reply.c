#include "pending_reply.h"

#include <stdlib.h>
#include <string.h>

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
	free(pending_reply);
}

struct pending_reply *pending_reply_create(
	const struct request *request, enum language language, struct ticket *ticket)
{
	struct pending_reply *pending_reply = calloc(1, sizeof(*pending_reply));

	if (pending_reply == NULL)
		return NULL;
	pending_reply->request = *request;
	/* It is handed on, and not kept. */
	explicit_bzero(pending_reply->request.code, sizeof(pending_reply->request.code));
	pending_reply->language = language;
	pending_reply->ticket = ticket;
	evhttp_connection_set_closecb(
		evhttp_request_get_connection(request->http), on_close, pending_reply);
	if (request->connection != NULL)
		connection_hold(request->connection);
	return pending_reply;
}

void pending_reply_release(struct pending_reply **pending_reply, struct request *request)
{
	*request = (*pending_reply)->request;
	/* evhttp calls it for every connection that ends, answered ones, too. */
	evhttp_connection_set_closecb(evhttp_request_get_connection(request->http), NULL, NULL);
	/* `held` may be the ticket's own pointer. */
	free(*pending_reply);
	*pending_reply = NULL;
}
