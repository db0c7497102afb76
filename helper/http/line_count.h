/*
 * line_count - what a client has just sent, seen before evhttp takes it.
 */
#ifndef PAM_WECHAT_HTTP_LINE_COUNT_H
#define PAM_WECHAT_HTTP_LINE_COUNT_H

#include <stddef.h>

struct evbuffer;
struct evbuffer_cb_info;

/* How many lines end in what was just added to a buffer, as its callback was told. */
size_t line_count_added(struct evbuffer *input, const struct evbuffer_cb_info *info);

#endif
