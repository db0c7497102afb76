/*
 * reply - sends an answer with the headers that every answer of ours has.
 */
#ifndef PAM_WECHAT_PHONE_REPLY_H
#define PAM_WECHAT_PHONE_REPLY_H

#include <stddef.h>

struct evbuffer;
struct page;
struct request;
struct settings;

struct reply {
	int status;
	const char *type;        /* of the body */
	const char *body;        /* copied */
	size_t length;           /* of the body */
	const char *cookie;      /* NULL, or for Set-Cookie */
	const char *location;    /* NULL, or where to go */
	const char *refresh;     /* NULL, or for Refresh */
	const char *form_origin; /* NULL, or where besides here a form may lead */
	const char *nonce;       /* NULL, or what a <style> of the body is allowed by */
};

/* Sends an answer; request->http is evhttp's from then on. */
void reply_send(struct request *request, const struct reply *reply);

/* Sends a page, after setting its nonce. `cookie` as above. */
void reply_page(struct request *request, const struct settings *settings, struct page *page,
	const char *cookie);

/* Sends the page for an error of HTTP. */
void reply_error(struct request *request, const struct settings *settings, int status);

/* A connection_error_cb; the context is the helper. */
void reply_write_error(int status, struct evbuffer *output, void *context);

#endif
