#include "http_request.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "text.h"

#define CONNECT_MS 5000

struct transfer {
	struct http_response *response;
	size_t length;
	char error[CURL_ERROR_SIZE]; /* more than curl_easy_strerror() knows, or "" */
};

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;
	size_t length = size * count;
	size_t room = HTTP_REQUEST_BODY_MAX - 1 - transfer->length;

	if (room > length)
		room = length;
	memcpy(transfer->response->body + transfer->length, bytes, room);
	transfer->length += room;
	return length;
}

/* Keeps the header's value up to one of these characters, if the line is of this header. */
static void keep_header(
	const char *line, size_t length, const char *name, const char *ends, char *value)
{
	size_t skipped = strlen(name), kept;

	if (length < skipped || strncasecmp(line, name, skipped) != 0 || value[0] != '\0')
		return;
	while (skipped < length && (line[skipped] == ' ' || line[skipped] == '\t'))
		skipped++;
	for (kept = 0; skipped + kept < length; kept++) {
		if (strchr(ends, line[skipped + kept]) != NULL)
			break;
	}
	if (kept >= HTTP_REQUEST_HEADER_MAX)
		return;
	memcpy(value, line + skipped, kept);
	value[kept] = '\0';
}

static size_t take_header(char *bytes, size_t size, size_t count, void *context)
{
	struct http_response *response = context;
	char date[64] = "";

	keep_header(bytes, size * count, "Location:", "\r\n", response->location);
	keep_header(bytes, size * count, "Set-Cookie:", ";\r\n", response->cookie);
	if (size * count < sizeof(date))
		keep_header(bytes, size * count, "Date:", "\r\n", date);
	if (date[0] != '\0' && curl_getdate(date, NULL) > 0)
		response->date = curl_getdate(date, NULL);
	return size * count;
}

static CURLcode set_headers(
	CURL *handle, const struct http_request *request, struct curl_slist **headers)
{
	char line[512];
	struct curl_slist *longer;

	if (request->host != NULL) {
		if (text_format(line, sizeof(line), "Host: %s", request->host) < 0)
			return CURLE_OUT_OF_MEMORY;
		*headers = curl_slist_append(NULL, line);
		if (*headers == NULL)
			return CURLE_OUT_OF_MEMORY;
	}
	if (request->json != NULL) {
		longer = curl_slist_append(*headers, "Content-Type: application/json");
		if (longer == NULL)
			return CURLE_OUT_OF_MEMORY;
		*headers = longer;
	}
	return curl_easy_setopt(handle, CURLOPT_HTTPHEADER, *headers);
}

static CURLcode set_options(CURL *handle, const struct http_request *request,
	struct curl_slist **headers, struct transfer *transfer)
{
	const char *body = request->form != NULL ? request->form : request->json;
	CURLcode rv = CURLE_OK;

#define SET(option, value)  \
	if (rv == CURLE_OK) \
	rv = curl_easy_setopt(handle, option, value)
	SET(CURLOPT_URL, request->url);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, request->proxy == NULL ? "" : request->proxy);
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	SET(CURLOPT_TIMEOUT_MS, (long)(request->ms < 1 ? 1 : request->ms));
	SET(CURLOPT_USERAGENT, request->agent == NULL ? "pam_wechat" : request->agent);
	SET(CURLOPT_HEADERFUNCTION, take_header);
	SET(CURLOPT_HEADERDATA, transfer->response);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_WRITEDATA, transfer);
	SET(CURLOPT_ERRORBUFFER, transfer->error);
	if (request->ca_file != NULL) {
		SET(CURLOPT_CAINFO, request->ca_file);
		SET(CURLOPT_CAPATH, NULL);
	}
	if (request->cookie != NULL)
		SET(CURLOPT_COOKIE, request->cookie);
	if (body != NULL)
		SET(CURLOPT_POSTFIELDS, body);
#undef SET
	return rv == CURLE_OK ? set_headers(handle, request, headers) : rv;
}

static enum http_failure failure_of(CURL *handle, CURLcode code)
{
	curl_off_t connected = 0;

	switch (code) {
	case CURLE_OK:
		return HTTP_NO_FAILURE;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return HTTP_UNRESOLVED;
	case CURLE_COULDNT_CONNECT:
		return HTTP_UNCONNECTED;
	case CURLE_PEER_FAILED_VERIFICATION:
		return HTTP_UNTRUSTED;
	case CURLE_OPERATION_TIMEDOUT:
		return curl_easy_getinfo(handle, CURLINFO_CONNECT_TIME_T, &connected) == CURLE_OK &&
		                       connected > 0
		               ? HTTP_LATE
		               : HTTP_UNCONNECTED;
	default:
		return HTTP_BROKEN;
	}
}

int http_request(const struct http_request *request, struct http_response *response)
{
	struct transfer transfer = {.response = response};
	struct curl_slist *headers = NULL;
	CURL *handle;
	CURLcode rv;

	memset(response, 0, sizeof(*response));
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return -ENOMEM;
	handle = curl_easy_init();
	rv = handle == NULL ? CURLE_OUT_OF_MEMORY
	                    : set_options(handle, request, &headers, &transfer);
	if (rv == CURLE_OK) {
		rv = curl_easy_perform(handle);
		response->failure = failure_of(handle, rv);
		(void)curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &response->status);
		if (rv != CURLE_OK)
			(void)text_format(response->advice, sizeof(response->advice), "%s",
				transfer.error[0] == '\0' ? curl_easy_strerror(rv)
							  : transfer.error);
		rv = CURLE_OK;
	}
	response->body[transfer.length] = '\0';
	curl_slist_free_all(headers);
	curl_easy_cleanup(handle);
	curl_global_cleanup();
	return rv == CURLE_OK ? 0 : -ENOMEM;
}
