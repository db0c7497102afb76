/*
 * http_get - one GET, made in the way that a login makes its own.
 *
 * It goes through the exchange's api.c, the one place that sets libcurl's options: no redirect is
 * followed, nothing taken from the environment, no proxy asked but the configured one. And it runs
 * in a child that has become exchange_user, or one whom a Unix socket lets in: a parser of TLS and
 * HTTP is no business of root's, and what exchange_user may not read or reach shows here instead of
 * in a login. Starting the exchange itself would not do: it speaks to WeChat only for a login that
 * a phone has opened.
 */
#ifndef PAM_WECHAT_IO_HTTP_GET_H
#define PAM_WECHAT_IO_HTTP_GET_H

#include <stdbool.h>
#include <time.h>

#include "reason.h"
#include "subprocess.h"
#include "unprivileged.h"

struct deadline;
struct settings;

struct http_get {
	const char *base;   /* "https://host[:port][/path]" */
	const char *path;   /* and query; may hold secrets */
	const char *socket; /* a Unix socket to ask; NULL: the network */
	const char *ca_file, *proxy;
	const struct settings *settings; /* for exchange_user; NULL: it goes to this machine only */
	int seconds;                     /* that it may take */
};

struct http_answer {
	enum reason reason; /* REASON_NONE if there is an answer */
	bool is_untrusted;
	long status; /* HTTP */
	time_t date; /* 0: not told */
	int length;
	char advice[256]; /* what went wrong, as api.h says it of WeChat's API */
	char body[16384]; /* NUL-terminated, cut off */
};

/* One that is under way; the request lives as long as it. */
struct http_getting {
	struct unprivileged as;
	const struct http_get *request;
	struct subprocess process;
};

/* Begins the request. Returns 0, or -errno if none could be made. */
int http_get_begin(struct http_getting *getting, const struct http_get *request);

/* Waits for the answer. Returns 0; -ETIMEDOUT; or another -errno. */
int http_get_finish(
	struct http_getting *getting, struct http_answer *answer, struct deadline deadline);

/* Both at once. Returns 0, or -errno if no request could be made. */
int http_get(const struct http_get *request, struct http_answer *answer);

#endif
