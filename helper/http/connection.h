/*
 * connection - the limits of each TCP connection that evhttp serves: how many there are, and how
 * long one may take.
 *
 * evhttp (libevent 2.1) tells nobody that it accepted or freed a connection, and knows timeouts of
 * inactivity only. We make its bufferevents (evhttp_set_bevcb), keep a reference to each, and stand
 * between it and evhttp's callbacks: one that has none any more was freed by evhttp, and is
 * released at once, so that the count is exact. More that evhttp leaves to us: every connection
 * ends after one answer; answers of its own, sent before we see a request, get our pages and
 * headers before the first byte is written; data that come in while an answer is held are thrown
 * away (evhttp would exit the process); and what a client sends without ever reading is bounded.
 *
 * Nobody can keep others out by holding all places: when they are taken, the next to come gets that
 * of the oldest which has had a fifth of a second and not sent its request. Those whose request is
 * here keep theirs.
 */
#ifndef PAM_WECHAT_HTTP_CONNECTION_H
#define PAM_WECHAT_HTTP_CONNECTION_H

#include <stddef.h>

struct connection;
struct connections;
struct evbuffer;
struct evconnlistener;
struct event_base;
struct evhttp;
struct evhttp_request;

#define CONNECTION_HEAD_MAX 32768 /* the cookies of a shared host name are in it */
#define CONNECTION_BODY_MAX 4096

/* Writes a whole HTTP response with this status to `output`. */
typedef void connection_error_cb(int status, struct evbuffer *output, void *context);

/* Returns NULL if there is no memory. */
struct connections *connections_create(
	struct event_base *base, connection_error_cb *error_cb, void *context);

/* Frees *connections and sets it to NULL. evhttp has been freed before. */
void connections_free(struct connections **connections);

/* At most `most` at a time, each of at most `seconds`; for connections from now on. */
void connections_limit(struct connections *connections, long most, long seconds);

/* Looks after what `http` accepts through `listener`. Once. */
void connections_watch(
	struct connections *connections, struct evhttp *http, struct evconnlistener *listener);

/* Accepts no more. */
void connections_close(struct connections *connections);

size_t connections_count(const struct connections *connections);

/* To be called after each turn of the loop, for those that were accepted in it. */
void connections_settle(struct connections *connections);

/* The connection that this request came by, or NULL. */
struct connection *connection_of(struct evhttp_request *request);

/* Its answer has to wait: no deadline for now; that the client goes away is noticed. */
void connection_hold(struct connection *connection);

/*
 * Its answer is ours and was just given to evhttp; to be sent, it has as long as a new connection.
 */
void connection_answer(struct connection *connection);

#endif
