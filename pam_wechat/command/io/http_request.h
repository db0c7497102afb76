/*
 * http_request - one HTTP request as a browser makes it, or a call of WeChat's API that is none of
 * a login's. Made here and waited for: run it in a process that may not do much (subprocess.h).
 */
#ifndef PAM_WECHAT_IO_HTTP_REQUEST_H
#define PAM_WECHAT_IO_HTTP_REQUEST_H

#include <time.h>

#define HTTP_REQUEST_HEADER_MAX 4096
#define HTTP_REQUEST_BODY_MAX 65536

struct http_request {
	const char *url;             /* http or https */
	const char *host;            /* the Host header; NULL: that of the URL */
	const char *agent;           /* User-Agent; NULL: "pam_wechat" */
	const char *cookie;          /* "name=value"; NULL: none */
	const char *form;            /* what is posted, as a form encodes it; NULL: a GET */
	const char *json;            /* what is posted, as JSON; NULL: none */
	const char *ca_file, *proxy; /* NULL: the system's CAs; no proxy */
	int ms;                      /* that it may take */
};

enum http_failure {
	HTTP_NO_FAILURE,
	HTTP_UNRESOLVED,  /* the name */
	HTTP_UNCONNECTED, /* or not in time */
	HTTP_UNTRUSTED,   /* the certificate */
	HTTP_LATE,        /* connected, and no answer in time */
	HTTP_BROKEN,      /* any other way of failing */
};

struct http_response {
	enum http_failure failure;
	long status;
	time_t date;                            /* of the Date header; 0: none */
	char location[HTTP_REQUEST_HEADER_MAX]; /* "" for none, or one that is too long */
	char cookie[HTTP_REQUEST_HEADER_MAX];   /* "name=value" of the first Set-Cookie, or "" */
	char body[HTTP_REQUEST_BODY_MAX];       /* NUL-terminated, cut off */
	char advice[256];                       /* libcurl's words for a failure */
};

/*
 * Makes the request. No redirect is followed and nothing is taken from the environment. Returns 0,
 * with a failure or a response; or -ENOMEM.
 */
int http_request(const struct http_request *request, struct http_response *response);

#endif
