/*
 * server - evhttp on a listening socket, with the limits of its connections.
 */
#ifndef PAM_WECHAT_HTTP_SERVER_H
#define PAM_WECHAT_HTTP_SERVER_H

struct connections;
struct event_base;
struct evhttp;

/*
 * Serves what is accepted from the socket `fd`, which is taken over, and has `connections` look
 * after it. Returns NULL if there is no memory; the result is freed by evhttp_free().
 */
struct evhttp *server_create(struct event_base *base, struct connections *connections, int fd);

#endif
