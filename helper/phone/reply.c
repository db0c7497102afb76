#include "reply.h"

#include <string.h>

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>

#include "connection.h"
#include "helper.h"
#include "log.h"
#include "login.h"
#include "page.h"
#include "random.h"
#include "request.h"
#include "secret.h"
#include "settings.h"
#include "text.h"

#define HTML "text/html; charset=utf-8"
#define HEADER_MAX 2560 /* the authorize URL is the longest */
#define NONCE_LENGTH 22 /* 131 bits */
#define REFRESH_S "2"
#define REFRESH_MAX 640

static const char *const always[][2] = {
	{"Cache-Control", "no-store"},
	{"Referrer-Policy", "no-referrer"},
	{"X-Content-Type-Options", "nosniff"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	/* One request a connection: a phone makes three at most, and limits stay simple. */
	{"Connection", "close"},
};
#define ALWAYS (sizeof(always) / sizeof(always[0]))

/*
 * The style is inside the page, so that a phone far away makes one request and not two; a nonce
 * allows it, and nothing else that might get there. Returns 0, or -ENOSPC.
 */
static int make_policy(char *policy, size_t size, const char *nonce, const char *form_origin)
{
	struct text text;

	text_init(&text, policy, size);
	text_add(&text, "default-src 'none'; ");
	if (nonce != NULL)
		text_addf(&text, "style-src 'nonce-%s'; ", nonce);
	text_add(&text, "form-action 'self'");
	if (form_origin != NULL)
		text_addf(&text, " %s", form_origin);
	text_add(&text, "; frame-ancestors 'none'; base-uri 'none'");
	return text_finish(&text);
}

/* Without random numbers the page goes without its style. */
static void make_nonce(struct page *page, char nonce[NONCE_LENGTH + 1])
{
	page->nonce = random_token(nonce, NONCE_LENGTH, RANDOM_BASE62) == 0 ? nonce : NULL;
}

static const char *status_phrase(int status)
{
	static const struct {
		int status;
		const char *phrase;
	} phrases[] = {
		{200, "OK"},
		{303, "See Other"},
		{400, "Bad Request"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{413, "Content Too Large"},
		{414, "URI Too Long"},
		{417, "Expectation Failed"},
		{429, "Too Many Requests"},
		{431, "Request Header Fields Too Large"},
		{501, "Not Implemented"},
		{503, "Service Unavailable"},
	};

	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		if (phrases[i].status == status)
			return phrases[i].phrase;
	}
	return "Internal Server Error";
}

static void wipe_body(const void *bytes, size_t length, void *context)
{
	struct secret *body = context;

	(void)bytes;
	(void)length;
	secret_free(&body);
}

/* A buffer of the body that is wiped once it was sent, or NULL. */
static struct evbuffer *make_body(const char *bytes, size_t length)
{
	struct evbuffer *buffer = evbuffer_new();
	struct secret *body = secret_create(length + 1);

	if (buffer != NULL && body != NULL) {
		memcpy(body->bytes, bytes, length);
		if (evbuffer_add_reference(buffer, body->bytes, length, wipe_body, body) == 0)
			return buffer;
	}
	secret_free(&body);
	if (buffer != NULL)
		evbuffer_free(buffer);
	return NULL;
}

static int add_headers(struct evkeyvalq *headers, const struct reply *reply)
{
	char value[HEADER_MAX];
	int failed = 0;

	for (size_t i = 0; i < ALWAYS; i++)
		failed |= evhttp_add_header(headers, always[i][0], always[i][1]);
	failed |= make_policy(value, sizeof(value), reply->nonce, reply->form_origin);
	failed |= evhttp_add_header(headers, "Content-Security-Policy", value);
	failed |= text_format(value, sizeof(value), "%zu", reply->length);
	failed |= evhttp_add_header(headers, "Content-Length", value);
	failed |= evhttp_add_header(headers, "Content-Type", reply->type);
	if (reply->cookie != NULL)
		failed |= evhttp_add_header(headers, "Set-Cookie", reply->cookie);
	if (reply->location != NULL)
		failed |= evhttp_add_header(headers, "Location", reply->location);
	if (reply->refresh != NULL)
		failed |= evhttp_add_header(headers, "Refresh", reply->refresh);
	if (reply->status == 405)
		failed |= evhttp_add_header(headers, "Allow", "GET, HEAD, POST");
	if (reply->status == 503 || reply->status == 429)
		failed |= evhttp_add_header(headers, "Retry-After", "2");
	return failed;
}

void reply_send(struct request *request, const struct reply *reply)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request->http);
	struct evbuffer *body = NULL;
	int status = reply->status;

	/* evhttp repeats the request's version, and offers HTTP/1.0 to keep the connection. */
	request->http->major = 1;
	request->http->minor = 1;
	if (!request->is_head && reply->length > 0)
		body = make_body(reply->body, reply->length);
	if (add_headers(headers, reply) != 0 ||
		(!request->is_head && reply->length > 0 && body == NULL)) {
		log_limited("no memory for an answer");
		evhttp_clear_headers(headers);
		(void)evhttp_add_header(headers, "Connection", "close");
		status = 500;
	}
	evhttp_send_reply(request->http, status, status_phrase(status), body);
	if (request->connection != NULL)
		connection_answer(request->connection);
	if (body != NULL)
		evbuffer_free(body);
}

void reply_page(struct request *request, const struct settings *settings, struct page *page,
	const char *cookie)
{
	char bytes[PAGE_MAX];
	char nonce[NONCE_LENGTH + 1];
	char refresh[REFRESH_MAX];
	struct text text;
	struct reply reply = {
		.status = page->status, .type = HTML, .body = bytes, .cookie = cookie};

	make_nonce(page, nonce);
	reply.nonce = page->nonce;
	if (page_has_form(page))
		reply.form_origin = page->login->authorize_origin;
	/* Never to the address of the callback: that would hand the code on each time. */
	if (page->kind == PAGE_ASKING &&
		text_format(refresh, sizeof(refresh), REFRESH_S "; url=%s/l/%s", settings->base,
			page->login->id) == 0)
		reply.refresh = refresh;
	text_init(&text, bytes, sizeof(bytes));
	page_render(&text, page, settings);
	if (text_finish(&text) < 0) {
		reply.status = 500;
		text_init(&text, bytes, sizeof(bytes));
	}
	reply.length = text.length;
	reply_send(request, &reply);
	explicit_bzero(bytes, sizeof(bytes));
}

void reply_error(struct request *request, const struct settings *settings, int status)
{
	enum language fallback = (enum language)settings->lang;
	struct page page = {.language = request_language(request, fallback)};

	page_show_error(&page, status);
	reply_page(request, settings, &page, NULL);
}

void reply_write_error(int status, struct evbuffer *output, void *context)
{
	const struct settings *settings = ((const struct helper *)context)->settings;
	struct page page = {.language = (enum language)settings->lang};
	char bytes[PAGE_MAX];
	char nonce[NONCE_LENGTH + 1];
	char policy[256];
	struct text text;

	text_init(&text, bytes, sizeof(bytes));
	page_show_error(&page, status);
	make_nonce(&page, nonce);
	page_render(&text, &page, settings);
	(void)make_policy(policy, sizeof(policy), page.nonce, NULL);
	/* For want of memory the answer is cut short, and the connection closed as ever. */
	(void)evbuffer_add_printf(output, "HTTP/1.1 %d %s\r\n", status, status_phrase(status));
	for (size_t i = 0; i < ALWAYS; i++)
		(void)evbuffer_add_printf(output, "%s: %s\r\n", always[i][0], always[i][1]);
	(void)evbuffer_add_printf(output,
		"Content-Security-Policy: %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
		policy, HTML, text.length);
	(void)evbuffer_add(output, bytes, text.length);
}
