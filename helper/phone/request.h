/*
 * request - one HTTP request: what of it the pages need to know.
 */
#ifndef PAM_WECHAT_PHONE_REQUEST_H
#define PAM_WECHAT_PHONE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "language.h"

#define REQUEST_TARGET_MAX 2048
#define REQUEST_CODE_MAX 512

struct connection;
struct evhttp_request;
struct finished_login;
struct in6_addr;
struct login;
struct settings;

struct request {
	struct evhttp_request *http;
	struct connection *connection;
	bool is_head;

	/* What its address says, read once, by web.c. */
	struct login *login;                   /* NULL: it names none that is pending */
	const struct finished_login *finished; /* NULL: it names none that is remembered */
	bool is_bad_callback;                  /* its query is none of WeChat's */
	char code[REQUEST_CODE_MAX + 1];       /* that WeChat brought; "": none */
};

/*
 * Whether it is HTTP/1.0 or 1.1 and leaves no doubt where it ends: what we and a proxy may read
 * differently is none of ours.
 */
bool request_is_sound(const struct request *request);

/* The language its browser asks for, or `fallback`. */
enum language request_language(const struct request *request, enum language fallback);

/* Whose browser it says it comes from: everybody may say so, and nothing is proved by it. */
enum request_browser {
	REQUEST_WECHAT,
	REQUEST_WECOM, /* calls itself both */
	REQUEST_OTHER,
};
enum request_browser request_browser(const struct request *request);

/* The query string, "" without one. */
const char *request_query(const struct request *request);

/*
 * Copies the body, an HTML form, and NUL-terminates it. Returns its length, or -EINVAL if it is
 * something else or does not fit.
 */
int request_form(const struct request *request, char *form, size_t size);

/*
 * Finds the one cookie of that name, as query_cookie() does, in all Cookie headers together.
 */
int request_cookie(const struct request *request, const char *name, char *value, size_t size);

/* Where it comes from: address_find_client() with the trusted proxies. */
void request_client(
	const struct request *request, const struct settings *settings, struct in6_addr *client);

/* Whether it comes from a process on this machine, and through no proxy. */
bool request_is_local(const struct request *request);

#endif
