#include "request.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>

#include "address.h"
#include "query.h"
#include "random.h"
#include "settings.h"

#define NAME_SIGNS "!#$%&'*+-.^_`|~" /* that header names may hold (RFC 9110, 5.6.2) */
#define FORM_TYPE "application/x-www-form-urlencoded"
#define FORWARDED_MAX 1024

bool request_is_sound(const struct request *request)
{
	const struct evkeyvalq *headers = evhttp_request_get_input_headers(request->http);
	const struct evkeyval *header;
	int framings = 0;

	TAILQ_FOREACH(header, headers, next)
	{
		size_t length = strlen(header->key);

		if (length == 0 || strspn(header->key, RANDOM_BASE62 NAME_SIGNS) != length)
			return false;
		if (strcasecmp(header->key, "Content-Length") == 0 ||
			strcasecmp(header->key, "Transfer-Encoding") == 0)
			framings++;
	}
	return framings <= 1 && request->http->major == 1 &&
	       (request->http->minor == 0 || request->http->minor == 1);
}

static const char *find_header(const struct request *request, const char *name)
{
	return evhttp_find_header(evhttp_request_get_input_headers(request->http), name);
}

enum language request_language(const struct request *request, enum language fallback)
{
	return language_choose(find_header(request, "Accept-Language"), fallback);
}

enum request_browser request_browser(const struct request *request)
{
	const char *agent = find_header(request, "User-Agent");

	if (agent == NULL)
		return REQUEST_OTHER;
	if (strcasestr(agent, "wxwork/") != NULL)
		return REQUEST_WECOM;
	return strcasestr(agent, "MicroMessenger/") != NULL ? REQUEST_WECHAT : REQUEST_OTHER;
}

const char *request_query(const struct request *request)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request->http);
	const char *query = uri == NULL ? NULL : evhttp_uri_get_query(uri);

	return query == NULL ? "" : query;
}

int request_form(const struct request *request, char *form, size_t size)
{
	struct evbuffer *body = evhttp_request_get_input_buffer(request->http);
	const char *type = find_header(request, "Content-Type");
	size_t length = evbuffer_get_length(body);

	if (type == NULL || strncasecmp(type, FORM_TYPE, sizeof(FORM_TYPE) - 1) != 0 ||
		strchr("; ", type[sizeof(FORM_TYPE) - 1]) == NULL || length >= size ||
		evbuffer_copyout(body, form, length) != (ev_ssize_t)length)
		return -EINVAL;
	form[length] = '\0';
	return (int)length;
}

int request_cookie(const struct request *request, const char *name, char *value, size_t size)
{
	const struct evkeyvalq *headers = evhttp_request_get_input_headers(request->http);
	const struct evkeyval *header;
	int found = -ENOENT;

	TAILQ_FOREACH(header, headers, next)
	{
		char again[2];
		int rv;

		if (strcasecmp(header->key, "Cookie") != 0)
			continue;
		if (found == -ENOENT) {
			found = query_cookie(
				header->value, strlen(header->value), name, value, size);
			continue;
		}
		rv = query_cookie(header->value, strlen(header->value), name, again, sizeof(again));
		if (rv != -ENOENT)
			return -EINVAL;
	}
	return found;
}

static void find_peer(const struct request *request, struct in6_addr *peer)
{
	const struct sockaddr *socket =
		evhttp_connection_get_addr(evhttp_request_get_connection(request->http));

	if (socket == NULL || address_from_socket(socket, peer) < 0)
		*peer = in6addr_any;
}

/* The end of all X-Forwarded-For together. */
struct forwarded {
	char bytes[FORWARDED_MAX];
	size_t length;
	bool is_cut; /* what came before did not fit */
};

static void append(struct forwarded *forwarded, const char *string)
{
	size_t length = strlen(string);
	size_t kept = forwarded->length;

	if (length > FORWARDED_MAX) {
		string += length - FORWARDED_MAX;
		length = FORWARDED_MAX;
		forwarded->is_cut = true;
	}
	if (kept > FORWARDED_MAX - length) {
		size_t lost = kept - (FORWARDED_MAX - length);

		kept -= lost;
		memmove(forwarded->bytes, forwarded->bytes + lost, kept);
		forwarded->is_cut = true;
	}
	memcpy(forwarded->bytes + kept, string, length);
	forwarded->length = kept + length;
}

void request_client(
	const struct request *request, const struct settings *settings, struct in6_addr *client)
{
	const struct evkeyvalq *headers = evhttp_request_get_input_headers(request->http);
	const struct evkeyval *header;
	struct forwarded forwarded = {.length = 0};
	const char *at = forwarded.bytes;
	struct in6_addr peer;

	find_peer(request, &peer);
	TAILQ_FOREACH(header, headers, next)
	{
		if (strcasecmp(header->key, "X-Forwarded-For") != 0)
			continue;
		if (forwarded.length > 0)
			append(&forwarded, ",");
		append(&forwarded, header->value);
	}
	/* The first address that is left may have lost its beginning. */
	if (forwarded.is_cut) {
		at = memchr(forwarded.bytes, ',', forwarded.length);
		at = at == NULL ? forwarded.bytes + forwarded.length : at + 1;
	}
	address_find_client(settings->proxies, settings->trusted_proxy.count, &peer, at,
		forwarded.length - (size_t)(at - forwarded.bytes), client);
}

bool request_is_local(const struct request *request)
{
	struct in6_addr peer;

	find_peer(request, &peer);
	return address_is_loopback(&peer) && find_header(request, "X-Forwarded-For") == NULL;
}
