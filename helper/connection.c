#include "connection.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <event2/util.h>

#include "log.h"

/* evhttp takes what it needs of head and body; nobody may make us keep more. */
#define INPUT_MAX (CONNECTION_HEAD_MAX + CONNECTION_BODY_MAX + 4096)
#define ACCEPT_PAUSE_MS 200

struct connection {
	TAILQ_ENTRY(connection) entries;
	struct connections *all;
	struct bufferevent *stream;
	struct evbuffer_cb_entry *input_watch;
	struct event *timer;
	size_t received;
	bool answered; /* what is in the output is ours */
};

struct connections {
	struct event_base *base;
	struct evconnlistener *listener;
	struct event *pause; /* ends a pause of the listener */
	TAILQ_HEAD(, connection) open;
	size_t count;
	size_t most;
	long seconds;
	bool closing;
	connection_error_cb *error_cb;
	void *context;
};

/* A listener hands its error callback the context of evhttp's other callback: ours stands here. */
static struct connections *watched;

static void set_timer(struct connection *connection)
{
	struct timeval limit = {.tv_sec = connection->all->seconds};

	/* It can only fail for want of memory; then this one connection has no deadline. */
	if (event_add(connection->timer, &limit) < 0)
		log_limited("no timer for a connection");
}

/* evhttp frees a connection whose bufferevent timed out, whatever state it is in. */
static void cut(struct connection *connection)
{
	bufferevent_trigger_event(connection->stream, BEV_EVENT_READING | BEV_EVENT_TIMEOUT, 0);
}

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	cut(context);
}

static void on_input(struct evbuffer *input, const struct evbuffer_cb_info *info, void *context)
{
	struct connection *connection = context;

	(void)input;
	connection->received += info->n_added;
}

static void admit_again(struct connections *connections)
{
	if (connections->listener != NULL && !connections->closing &&
		connections->count < connections->most &&
		!event_pending(connections->pause, EV_TIMEOUT, NULL))
		(void)evconnlistener_enable(connections->listener);
}

static void release(struct connection *connection)
{
	struct connections *all = connection->all;

	TAILQ_REMOVE(&all->open, connection, entries);
	all->count--;
	if (connection->timer != NULL)
		event_free(connection->timer);
	if (connection->input_watch != NULL)
		evbuffer_remove_cb_entry(
			bufferevent_get_input(connection->stream), connection->input_watch);
	bufferevent_decref(connection->stream);
	free(connection);
	admit_again(all);
}

/* evhttp asks for the bufferevent of a connection that it just accepted. */
static struct bufferevent *on_accepted(struct event_base *base, void *context)
{
	struct connections *all = context;
	struct connection *connection = calloc(1, sizeof(*connection));
	struct bufferevent *stream = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);

	/* Without ours evhttp makes its own, which nobody limits. Better to be started anew. */
	if (connection == NULL || stream == NULL)
		abort();
	connection->all = all;
	connection->stream = stream;
	bufferevent_incref(stream);
	bufferevent_setwatermark(stream, EV_READ, 0, INPUT_MAX);
	TAILQ_INSERT_TAIL(&all->open, connection, entries);
	all->count++;
	connection->input_watch =
		evbuffer_add_cb(bufferevent_get_input(stream), on_input, connection);
	connection->timer = evtimer_new(base, on_deadline, connection);
	if (connection->input_watch == NULL || connection->timer == NULL)
		abort();
	set_timer(connection);
	if (all->count >= all->most)
		(void)evconnlistener_disable(all->listener);
	return stream;
}

static void on_pause_over(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	admit_again(context);
}

/* Out of descriptors, mostly: a listener left enabled would try again at once, for ever. */
static void on_accept_error(struct evconnlistener *listener, void *context)
{
	struct timeval pause = {.tv_usec = ACCEPT_PAUSE_MS * 1000};

	(void)context;
	log_limited("accept: %s", strerror(EVUTIL_SOCKET_ERROR()));
	if (event_add(watched->pause, &pause) == 0)
		(void)evconnlistener_disable(listener);
}

struct connections *connections_create(
	struct event_base *base, connection_error_cb *error_cb, void *context)
{
	struct connections *connections = calloc(1, sizeof(*connections));

	if (connections == NULL)
		return NULL;
	TAILQ_INIT(&connections->open);
	connections->base = base;
	connections->error_cb = error_cb;
	connections->context = context;
	connections->pause = evtimer_new(base, on_pause_over, connections);
	if (connections->pause == NULL)
		connections_free(&connections);
	return connections;
}

void connections_free(struct connections **connections)
{
	if (*connections == NULL)
		return;
	(*connections)->listener = NULL; /* gone with evhttp */
	watched = NULL;
	while (!TAILQ_EMPTY(&(*connections)->open))
		release(TAILQ_FIRST(&(*connections)->open));
	if ((*connections)->pause != NULL)
		event_free((*connections)->pause);
	free(*connections);
	*connections = NULL;
}

void connections_limit(struct connections *connections, long most, long seconds)
{
	connections->most = (size_t)most;
	connections->seconds = seconds;
	admit_again(connections);
}

void connections_watch(
	struct connections *connections, struct evhttp *http, struct evconnlistener *listener)
{
	connections->listener = listener;
	watched = connections;
	evconnlistener_set_error_cb(listener, on_accept_error);
	evhttp_set_bevcb(http, on_accepted, connections);
	evhttp_set_max_headers_size(http, CONNECTION_HEAD_MAX);
	evhttp_set_max_body_size(http, CONNECTION_BODY_MAX);
}

void connections_close(struct connections *connections)
{
	connections->closing = true;
	if (connections->listener != NULL)
		(void)evconnlistener_disable(connections->listener);
}

size_t connections_count(const struct connections *connections)
{
	return connections->count;
}

/* The status of a response that evhttp wrote by itself, or 0. */
static int read_status(struct evbuffer *output)
{
	char line[12]; /* "HTTP/1.1 400" */

	if (evbuffer_copyout(output, line, sizeof(line)) != (ev_ssize_t)sizeof(line) ||
		memcmp(line, "HTTP/", 5) != 0)
		return 0;
	return (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
}

/*
 * Nothing of an output is written before the next turn of the loop, so that here all of it is still
 * there. evhttp closes the connection once it is empty again.
 */
static void replace_answer(struct connection *connection)
{
	struct evbuffer *output = bufferevent_get_output(connection->stream);
	int status = read_status(output);

	if (status < 200)
		return; /* 100 Continue */
	if (status == 400 && connection->received > CONNECTION_HEAD_MAX)
		status = 431;
	connection->answered = true;
	(void)evbuffer_unfreeze(output, 1);
	(void)evbuffer_drain(output, evbuffer_get_length(output));
	(void)evbuffer_freeze(output, 1);
	connection->all->error_cb(status, output, connection->all->context);
}

static bool is_freed(const struct connection *connection)
{
	bufferevent_event_cb event_cb = NULL;

	bufferevent_getcb(connection->stream, NULL, NULL, &event_cb, NULL);
	return event_cb == NULL;
}

void connections_settle(struct connections *connections)
{
	struct connection *connection = TAILQ_FIRST(&connections->open);

	while (connection != NULL) {
		struct connection *next = TAILQ_NEXT(connection, entries);
		size_t left = evbuffer_get_length(bufferevent_get_output(connection->stream));

		if (!connection->answered && left > 0)
			replace_answer(connection);
		else if (connection->answered && left == 0)
			/* "Connection: close" or not, evhttp keeps those of CONNECT and proxies. */
			cut(connection);
		if (is_freed(connection))
			release(connection);
		connection = next;
	}
}

struct connection *connection_of(
	const struct connections *connections, struct evhttp_request *request)
{
	struct evhttp_connection *carrier = evhttp_request_get_connection(request);
	struct bufferevent *stream =
		carrier == NULL ? NULL : evhttp_connection_get_bufferevent(carrier);
	struct connection *connection;

	TAILQ_FOREACH(connection, &connections->open, entries)
	{
		if (connection->stream == stream)
			return connection;
	}
	return NULL;
}

static void discard(struct bufferevent *stream, void *context)
{
	struct evbuffer *input = bufferevent_get_input(stream);

	(void)context;
	(void)evbuffer_drain(input, evbuffer_get_length(input));
}

void connection_hold(struct connection *connection)
{
	bufferevent_data_cb write_cb = NULL;
	bufferevent_event_cb event_cb = NULL;
	void *context = NULL;

	(void)event_del(connection->timer);
	/*
	 * evhttp has switched reading off: on again, or an end of file goes unseen. But evhttp's
	 * own read callback calls exit() for data that come now.
	 */
	bufferevent_getcb(connection->stream, NULL, &write_cb, &event_cb, &context);
	bufferevent_setcb(connection->stream, discard, write_cb, event_cb, context);
	discard(connection->stream, NULL);
	(void)bufferevent_enable(connection->stream, EV_READ);
}

void connection_answer(struct connection *connection)
{
	connection->answered = true;
	set_timer(connection);
}
