/*
 * url - judges the addresses an administrator configures, and percent-encodes (RFC 3986).
 */
#ifndef PAM_WECHAT_COMMON_URL_H
#define PAM_WECHAT_COMMON_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text;

struct url {
	bool https;
	char host[256];       /* in lower case, an IPv6 address without its brackets */
	uint16_t port;        /* 80 or 443 where the URL names none */
	size_t origin_length; /* scheme, host and port as they were written */
	const char *path;     /* into the parsed text: "" or "/..." */
};

enum url_reach {
	URL_LOOPBACK, /* localhost, 127.0.0.0/8, ::1 */
	URL_PRIVATE,  /* RFC 1918, RFC 4193, link-local addresses */
	URL_PUBLIC,   /* everything else, every name included */
};

/*
 * Parses `http[s]://host[:port][/path]`. User names, queries, fragments, a slash at the end and
 * characters that RFC 3986 does not allow are refused. Returns 0 or -EINVAL.
 */
int url_parse(const char *string, struct url *url);

enum url_reach url_reach(const struct url *url);

/*
 * What is wrong with a configured address ("must be …"); NULL if nothing is. url_public_fault()
 * judges public_url, which module, helper and setup must judge alike.
 */
const char *url_fault(const char *value);
const char *url_public_fault(const char *value);

/* Appends `length` bytes, percent-encoding all but RFC 3986's unreserved characters. */
void url_encode(struct text *text, const char *bytes, size_t length);

/*
 * Decodes in place and NUL-terminates. Returns the new length, or -EINVAL for a lone or bad '%' and
 * for %00.
 */
int url_decode(char *string);

#endif
