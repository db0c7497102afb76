/*
 * doctor_request - one GET, made in the way that a login makes its own.
 *
 * It goes through the exchange's api.c, the one place that sets libcurl's options: no redirect is
 * followed, nothing taken from the environment, no proxy asked but the configured one. And it runs
 * in a child that has become exchange_user: a parser of TLS and HTTP is no business of root's, and
 * what that user may not read or reach shows here instead of in a login. Starting the exchange
 * itself would not do: it speaks to WeChat only for a login that a phone has opened.
 */
#ifndef PAM_WECHAT_DOCTOR_DOCTOR_REQUEST_H
#define PAM_WECHAT_DOCTOR_DOCTOR_REQUEST_H

#include <stdbool.h>
#include <time.h>

#include "reason.h"

struct settings;

struct doctor_request {
	const char *base; /* "https://host[:port][/path]" */
	const char *path; /* and query; may hold secrets */
	const char *ca_file, *proxy;
	const struct settings *settings; /* for exchange_user; NULL: it goes to this machine only */
};

struct doctor_answer {
	enum reason reason; /* REASON_NONE if there is an answer */
	bool is_untrusted, is_unconnected;
	long status; /* HTTP */
	time_t date; /* 0: not told */
	int length;
	char advice[256]; /* what went wrong, as api.h says it of WeChat's API */
	char body[4096];  /* NUL-terminated, cut off */
};

/* Makes the request; it takes 20 seconds at most. Returns 0, or -errno if none could be made. */
int doctor_request(const struct doctor_request *request, struct doctor_answer *answer);

#endif
