#include "url.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "text.h"

#define URL_MAX 512
#define URL_PUBLIC_MAX 200
#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define UNRESERVED LETTERS DIGITS "-._~"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static int parse_host(const char **at, struct url *url)
{
	size_t length;
	struct in6_addr address;

	if (**at == '[') {
		const char *end = strchr(*at, ']');

		if (end == NULL)
			return -EINVAL;
		length = (size_t)(end - *at) - 1;
		if (length >= sizeof(url->host))
			return -EINVAL;
		memcpy(url->host, *at + 1, length);
		url->host[length] = '\0';
		*at = end + 1;
		return inet_pton(AF_INET6, url->host, &address) == 1 ? 0 : -EINVAL;
	}
	length = strspn(*at, LETTERS DIGITS ".-");
	if (length == 0 || length >= sizeof(url->host) || **at == '-' || **at == '.')
		return -EINVAL;
	for (size_t i = 0; i < length; i++) {
		char c = (*at)[i];

		url->host[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	url->host[length] = '\0';
	*at += length;
	return 0;
}

static int parse_port(const char **at, struct url *url)
{
	size_t length = strspn(*at, DIGITS);
	unsigned long port = 0;

	if (length < 1 || length > 5)
		return -EINVAL;
	for (size_t i = 0; i < length; i++)
		port = port * 10 + (unsigned long)((*at)[i] - '0');
	if (port < 1 || port > 65535)
		return -EINVAL;
	url->port = (uint16_t)port;
	*at += length;
	return 0;
}

/* Whether a path of a URL holds only what RFC 3986 allows, without an empty part. */
static bool is_path(const char *path)
{
	size_t length = strlen(path);

	if (length == 0)
		return true;
	for (const char *at = strchr(path, '%'); at != NULL; at = strchr(at + 1, '%')) {
		if (hex_value(at[1]) < 0 || hex_value(at[2]) < 0)
			return false;
	}
	return path[0] == '/' && path[length - 1] != '/' && strstr(path, "//") == NULL &&
	       strspn(path, UNRESERVED "/%!$&'()*+,;=:@") == length;
}

int url_parse(const char *string, struct url *url)
{
	const char *at = string;

	memset(url, 0, sizeof(*url));
	if (strncasecmp(at, "https://", 8) == 0) {
		url->https = true;
		url->port = 443;
		at += 8;
	} else if (strncasecmp(at, "http://", 7) == 0) {
		url->port = 80;
		at += 7;
	} else {
		return -EINVAL;
	}
	if (parse_host(&at, url) < 0)
		return -EINVAL;
	if (*at == ':') {
		at++;
		if (parse_port(&at, url) < 0)
			return -EINVAL;
	}
	url->origin_length = (size_t)(at - string);
	url->path = at;
	return is_path(at) ? 0 : -EINVAL;
}

enum url_reach url_reach(const struct url *url)
{
	struct in_addr ipv4;
	struct in6_addr ipv6;

	if (strcmp(url->host, "localhost") == 0)
		return URL_LOOPBACK;
	if (inet_pton(AF_INET, url->host, &ipv4) == 1) {
		uint32_t address = ntohl(ipv4.s_addr);

		if (address >> 24 == 127)
			return URL_LOOPBACK;
		if (address >> 24 == 10 || address >> 20 == 0xac1 || address >> 16 == 0xc0a8 ||
			address >> 16 == 0xa9fe)
			return URL_PRIVATE;
		return URL_PUBLIC;
	}
	if (inet_pton(AF_INET6, url->host, &ipv6) == 1) {
		if (IN6_IS_ADDR_LOOPBACK(&ipv6))
			return URL_LOOPBACK;
		if ((ipv6.s6_addr[0] & 0xfe) == 0xfc || IN6_IS_ADDR_LINKLOCAL(&ipv6))
			return URL_PRIVATE;
	}
	return URL_PUBLIC;
}

const char *url_fault(const char *value)
{
	struct url url;

	if (strlen(value) > URL_MAX)
		return "is longer than 512 bytes";
	if (url_parse(value, &url) < 0)
		return "must look like https://host/path, without a slash at the end, '?' or '#'";
	return NULL;
}

const char *url_public_fault(const char *value)
{
	const char *fault = url_fault(value);
	struct url url;

	if (fault != NULL || url_parse(value, &url) < 0)
		return fault;
	if (!url.https && url_reach(&url) == URL_PUBLIC)
		return "must begin with https:// (http:// is for private addresses only)";
	if (strlen(value) > URL_PUBLIC_MAX)
		return "is longer than 200 bytes";
	/* The helper's cookies have this path. */
	return strpbrk(url.path, ";,%") == NULL ? NULL
	                                        : "must not hold ';', ',' or '%' in its path";
}

void url_encode(struct text *text, const char *bytes, size_t length)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)bytes[i];
		char encoded[3] = {'%', hex[c >> 4], hex[c & 15]};

		if (c != '\0' && strchr(UNRESERVED, c) != NULL)
			text_add_bytes(text, &bytes[i], 1);
		else
			text_add_bytes(text, encoded, sizeof(encoded));
	}
}

int url_decode(char *string)
{
	char *to = string;

	for (const char *from = string; *from != '\0'; from++) {
		int high, low;

		if (*from != '%') {
			*to++ = *from;
			continue;
		}
		high = hex_value(from[1]);
		low = high < 0 ? -1 : hex_value(from[2]);
		if (high < 0 || low < 0 || (high == 0 && low == 0))
			return -EINVAL;
		*to++ = (char)(high << 4 | low);
		from += 2;
	}
	*to = '\0';
	return (int)(to - string);
}
