#include "pending_reply.h"

#include <stdlib.h>

#include <event2/http.h>

#include "connection.h"
#include "login.h"

/*
 * evhttp frees the connection. It has taken a request that it does not own any more off it before
 * (then nobody else frees it), or is about to free it with the connection.
 */
static void on_close(struct evhttp_connection *carrier, void *context)
{
	struct held *held = context;

	(void)carrier;
	held->ticket->held = NULL;
	if (evhttp_request_get_connection(held->request.http) == NULL)
		evhttp_request_free(held->request.http);
	free(held);
}

struct held *held_create(
	const struct request *request, enum language language, struct ticket *ticket)
{
	struct held *held = calloc(1, sizeof(*held));

	if (held == NULL)
		return NULL;
	held->request = *request;
	held->language = language;
	held->ticket = ticket;
	evhttp_connection_set_closecb(evhttp_request_get_connection(request->http), on_close, held);
	if (request->connection != NULL)
		connection_hold(request->connection);
	return held;
}

void held_release(struct held **held, struct request *request)
{
	*request = (*held)->request;
	/* evhttp calls it for every connection that ends, answered ones, too. */
	evhttp_connection_set_closecb(evhttp_request_get_connection(request->http), NULL, NULL);
	/* `held` may be the ticket's own pointer. */
	free(*held);
	*held = NULL;
}
