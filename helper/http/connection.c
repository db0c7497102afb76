#include "connection.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/util.h>

#include "admission.h"
#include "deadline.h"
#include "decimal.h"
#include "line_count.h"
#include "log.h"

/* evhttp takes what it needs of head and body; nobody may make us keep more. */
#define INPUT_MAX (CONNECTION_HEAD_MAX + CONNECTION_BODY_MAX + 4096)
#define LINES_MAX 100 /* of an empty header evhttp makes a hundred bytes */
#define PATIENCE_MS 200

/* Whom evhttp wants its bufferevent to call. */
struct callbacks {
	bufferevent_data_cb read, write;
	bufferevent_event_cb event;
	void *context;
};

TAILQ_HEAD(connection_list, connection);

struct connection {
	TAILQ_ENTRY(connection) entries;
	struct connection_list *list;
	struct connections *all;
	struct bufferevent *stream;
	struct callbacks evhttp;
	struct evbuffer_cb_entry *input_watch;
	struct event *timer;
	struct deadline patience; /* when it has to give way */
	size_t received, lines;
	bool deaf;     /* what comes in is thrown away */
	bool answered; /* what is in the output is ours */
};

struct connections {
	struct event_base *base;
	struct admission admission;
	struct connection_list fresh;  /* accepted in this turn of the loop */
	struct connection_list asking; /* whose request is not complete; the oldest is first */
	struct connection_list served; /* all others */
	size_t count;
	size_t most;
	long seconds;
	connection_error_cb *error_cb;
	void *context;
};

static void set_timer(struct connection *connection)
{
	struct timeval limit = {.tv_sec = connection->all->seconds};

	/* It can only fail for want of memory; then this one connection has no deadline. */
	if (event_add(connection->timer, &limit) < 0)
		log_limited("no timer for a connection");
}

/* evhttp frees a connection whose bufferevent timed out, whatever state it is in; then do we. */
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

	connection->received += info->n_added;
	connection->lines += line_count_added(input, info);
}

static void move(struct connection *connection, struct connection_list *list)
{
	TAILQ_REMOVE(connection->list, connection, entries);
	TAILQ_INSERT_TAIL(list, connection, entries);
	connection->list = list;
	admission_review(&connection->all->admission);
}

static void release(struct connection *connection)
{
	struct connections *all = connection->all;

	TAILQ_REMOVE(connection->list, connection, entries);
	all->count--;
	if (connection->timer != NULL)
		event_free(connection->timer);
	if (connection->input_watch != NULL)
		evbuffer_remove_cb_entry(
			bufferevent_get_input(connection->stream), connection->input_watch);
	bufferevent_decref(connection->stream);
	free(connection);
	admission_review(&all->admission);
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
	connection->patience = deadline_in(PATIENCE_MS);
	connection->list = &all->fresh;
	TAILQ_INSERT_TAIL(&all->fresh, connection, entries);
	all->count++;
	connection->input_watch =
		evbuffer_add_cb(bufferevent_get_input(stream), on_input, connection);
	connection->timer = evtimer_new(base, on_deadline, connection);
	if (connection->input_watch == NULL || connection->timer == NULL)
		abort();
	set_timer(connection);
	/* What wait_for_room() promised. */
	if (all->count > all->most && !TAILQ_EMPTY(&all->asking))
		cut(TAILQ_FIRST(&all->asking));
	admission_review(&all->admission);
	return stream;
}

/* There is some, or the oldest that asks gives way; an admission_wait_cb. */
static int wait_for_room(void *context)
{
	const struct connections *connections = context;
	const struct connection *oldest = TAILQ_FIRST(&connections->asking);

	if (connections->count < connections->most)
		return 0;
	/*
	 * One in a turn of the loop: libevent closes the descriptor of one that gave way after the
	 * turn, and meanwhile all that stand in line would need descriptors, too.
	 */
	if (!TAILQ_EMPTY(&connections->fresh))
		return -1;
	return oldest == NULL ? -1 : deadline_left(oldest->patience);
}

struct connections *connections_create(
	struct event_base *base, connection_error_cb *error_cb, void *context)
{
	struct connections *connections = calloc(1, sizeof(*connections));

	if (connections == NULL)
		return NULL;
	TAILQ_INIT(&connections->fresh);
	TAILQ_INIT(&connections->asking);
	TAILQ_INIT(&connections->served);
	connections->base = base;
	connections->error_cb = error_cb;
	connections->context = context;
	if (admission_init(&connections->admission, base, wait_for_room, connections) < 0)
		connections_free(&connections);
	return connections;
}

static void release_all(struct connection_list *list)
{
	while (!TAILQ_EMPTY(list))
		release(TAILQ_FIRST(list));
}

void connections_free(struct connections **connections)
{
	if (*connections == NULL)
		return;
	admission_finish(&(*connections)->admission);
	release_all(&(*connections)->fresh);
	release_all(&(*connections)->asking);
	release_all(&(*connections)->served);
	free(*connections);
	*connections = NULL;
}

void connections_limit(struct connections *connections, long most, long seconds)
{
	connections->most = (size_t)most;
	connections->seconds = seconds;
	admission_review(&connections->admission);
}

void connections_watch(
	struct connections *connections, struct evhttp *http, struct evconnlistener *listener)
{
	admission_watch(&connections->admission, listener);
	evhttp_set_bevcb(http, on_accepted, connections);
	evhttp_set_max_headers_size(http, CONNECTION_HEAD_MAX);
	evhttp_set_max_body_size(http, CONNECTION_BODY_MAX);
}

void connections_close(struct connections *connections)
{
	admission_close(&connections->admission);
}

size_t connections_count(const struct connections *connections)
{
	return connections->count;
}

/* The status of a response that evhttp wrote by itself. */
static int read_status(struct evbuffer *output)
{
	/* The version is the request's own: "HTTP/1.1", but also "HTTP/-1.127". */
	char line[32] = "";
	const char *at;

	if (evbuffer_copyout(output, line, sizeof(line) - 1) < 0)
		return 500;
	at = strchr(line, ' ');
	if (at == NULL || decimal_span(at + 1) != 3)
		return 500;
	return (int)decimal_parse(at + 1, 3, 0, 999);
}

/*
 * Nothing of an output is written before evhttp's callback has returned, so that here all of it is
 * still there. evhttp closes the connection once it is empty again.
 */
static void replace_answer(struct connection *connection)
{
	struct evbuffer *output = bufferevent_get_output(connection->stream);
	int status = read_status(output);

	if (status == 100)
		return; /* Continue */
	if (status == 400 && connection->received > CONNECTION_HEAD_MAX)
		status = 431;
	connection->answered = true;
	move(connection, &connection->all->served);
	(void)evbuffer_unfreeze(output, 1);
	(void)evbuffer_drain(output, evbuffer_get_length(output));
	(void)evbuffer_freeze(output, 1);
	connection->all->error_cb(status, output, connection->all->context);
}

static void on_event(struct bufferevent *stream, short what, void *context);
static void on_read(struct bufferevent *stream, void *context);
static void on_write(struct bufferevent *stream, void *context);

/*
 * Puts us between a bufferevent and evhttp, which sets its callbacks anew for each thing it does.
 * Returns false if evhttp has freed the bufferevent: that takes its callbacks away.
 */
static bool step_between(struct connection *connection)
{
	struct callbacks set;

	bufferevent_getcb(connection->stream, &set.read, &set.write, &set.event, &set.context);
	if (set.event == NULL)
		return false;
	if (set.event != on_event) {
		connection->evhttp = set;
		bufferevent_setcb(connection->stream, on_read, on_write, on_event, connection);
	}
	return true;
}

/* Answers in evhttp's place, which learns of the end only: it goes on waiting for the request. */
static void refuse(struct connection *connection, int status)
{
	struct connections *all = connection->all;

	connection->deaf = true;
	connection->answered = true;
	move(connection, &all->served);
	all->error_cb(status, bufferevent_get_output(connection->stream), all->context);
	(void)bufferevent_enable(connection->stream, EV_WRITE);
}

/* Looks what evhttp did. `connection` may be gone afterwards. */
static void attend(struct connection *connection)
{
	size_t left;

	if (!step_between(connection)) {
		release(connection);
		return;
	}
	left = evbuffer_get_length(bufferevent_get_output(connection->stream));
	if (!connection->answered && left > 0)
		replace_answer(connection);
	else if (connection->answered && left == 0)
		/* "Connection: close" or not, evhttp keeps those of CONNECT and proxies. */
		cut(connection);
}

static void discard(struct bufferevent *stream)
{
	struct evbuffer *input = bufferevent_get_input(stream);

	(void)evbuffer_drain(input, evbuffer_get_length(input));
}

static void on_read(struct bufferevent *stream, void *context)
{
	struct connection *connection = context;

	if (!connection->deaf && connection->lines > LINES_MAX)
		refuse(connection, 431);
	if (connection->deaf)
		discard(stream);
	else if (connection->evhttp.read != NULL)
		connection->evhttp.read(stream, connection->evhttp.context);
	attend(connection);
}

static void on_write(struct bufferevent *stream, void *context)
{
	struct connection *connection = context;

	if (connection->evhttp.write != NULL)
		connection->evhttp.write(stream, connection->evhttp.context);
	attend(connection);
}

static void on_event(struct bufferevent *stream, short what, void *context)
{
	struct connection *connection = context;

	connection->evhttp.event(stream, what, connection->evhttp.context);
	attend(connection);
}

void connections_settle(struct connections *connections)
{
	struct connection *connection;

	while ((connection = TAILQ_FIRST(&connections->fresh)) != NULL) {
		move(connection, &connections->asking);
		attend(connection);
	}
}

struct connection *connection_of(struct evhttp_request *request)
{
	struct evhttp_connection *carrier = evhttp_request_get_connection(request);
	bufferevent_event_cb event_cb = NULL;
	void *context = NULL;

	if (carrier == NULL)
		return NULL;
	bufferevent_getcb(
		evhttp_connection_get_bufferevent(carrier), NULL, NULL, &event_cb, &context);
	return event_cb == on_event ? context : NULL;
}

void connection_hold(struct connection *connection)
{
	(void)event_del(connection->timer);
	move(connection, &connection->all->served);
	/* evhttp calls exit() for data that come while an answer is held. */
	connection->deaf = true;
	discard(connection->stream);
	/* evhttp has switched reading off: on again, or an end of file goes unseen. */
	(void)bufferevent_enable(connection->stream, EV_READ);
}

void connection_answer(struct connection *connection)
{
	connection->deaf = false;
	connection->answered = true;
	move(connection, &connection->all->served);
	set_timer(connection);
	(void)step_between(connection);
}
