#include "api.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "deadline.h"
#include "problem.h"
#include "safe_file.h"
#include "secret.h"
#include "text.h"
#include "url.h"

#define CONNECT_MS 5000
#define WARM_MAX 3
#define WARM_AGAIN_MS 20000 /* servers close idle connections after some seconds more */
#define URL_MAX 4096
#define CA_FILE_MAX (4 * 1024 * 1024)

struct api {
	const char *bases[2]; /* the second may be NULL */
	int base;             /* the one that is asked */
	const char *proxy;
	const char *socket; /* NULL: the network */
	struct secret *ca;  /* contents of ca_file; NULL: the system's directory of CAs */
	CURLM *multi;       /* NULL until the first request: libcurl is slow to start */
	CURL *warm;         /* the HEAD under way */
	CURL *get;          /* the GET under way */
	bool get_waits;     /* for the HEAD to end: another connection would take longer */
	char path[URL_MAX]; /* and query, of the GET that waits */
	struct deadline get_deadline;
	int warmed;
	struct deadline warm_again;
	struct secret *body;
	size_t length;
	bool too_large;
	bool sent; /* the request under way, for which a connection is up */
};

int api_create(struct api **api, const char *base, const char *other_base, const char *ca_file,
	const char *proxy, struct problem *problem)
{
	struct api *made = calloc(1, sizeof(*made));
	int rv = 0;

	*api = NULL;
	if (made == NULL)
		return problem_set(problem, -ENOMEM, "out of memory");
	made->bases[0] = base;
	made->bases[1] = other_base;
	made->proxy = proxy;
	made->body = secret_create(API_BODY_MAX);
	if (made->body == NULL)
		rv = problem_set(problem, -ENOMEM, "out of memory");
	if (rv == 0 && ca_file != NULL) {
		rv = safe_file_read(ca_file, SAFE_FILE_PUBLIC, CA_FILE_MAX, &made->ca, problem);
		if (rv == 0 && strstr(made->ca->bytes, "-----BEGIN CERTIFICATE-----") == NULL)
			rv = problem_set(problem, -EINVAL, "%s: holds no PEM certificate", ca_file);
	}
	if (rv < 0)
		api_free(&made);
	*api = made;
	return rv;
}

void api_use_socket(struct api *api, const char *path)
{
	api->socket = path;
}

static void drop(struct api *api, CURL **handle)
{
	if (*handle == NULL)
		return;
	(void)curl_multi_remove_handle(api->multi, *handle);
	curl_easy_cleanup(*handle);
	*handle = NULL;
}

void api_free(struct api **api)
{
	struct api *old = *api;

	if (old == NULL)
		return;
	drop(old, &old->warm);
	drop(old, &old->get);
	if (old->multi != NULL) {
		curl_multi_cleanup(old->multi);
		curl_global_cleanup();
	}
	secret_free(&old->ca);
	secret_free(&old->body);
	free(old);
	*api = NULL;
}

static int start_library(struct api *api)
{
	if (api->multi != NULL)
		return 0;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return -ENOMEM;
	api->multi = curl_multi_init();
	return api->multi == NULL ? -ENOMEM : 0;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
	struct api *api = context;
	size_t length = size * count;

	if (length > api->body->size - api->length) {
		api->too_large = true;
		return CURL_WRITEFUNC_ERROR;
	}
	memcpy(api->body->bytes + api->length, bytes, length);
	api->length += length;
	return length;
}

/*
 * libcurl sends a request again, unasked, when a connection that it had used before breaks without
 * an answer. By then the code may be used up: a GET that is sent twice is refused here.
 */
static int before_request(void *context, char *remote, char *local, int remote_port, int local_port)
{
	struct api *api = context;
	bool again = api->sent && api->warm == NULL;

	(void)remote;
	(void)local;
	(void)remote_port;
	(void)local_port;
	api->sent = true;
	return again ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static size_t ignore_body(char *bytes, size_t size, size_t count, void *context)
{
	(void)bytes;
	(void)context;
	return size * count;
}

/* The CAs to trust: ca_file's, or the system's, from its directory if there is one: it is read
 * per certificate, where the bundle takes 25 ms. */
static CURLcode set_trust(const struct api *api, CURL *handle)
{
	const char *directory = curl_version_info(CURLVERSION_NOW)->capath;
	CURLcode rv;

	if (api->ca != NULL) {
		struct curl_blob blob = {.data = api->ca->bytes,
			.len = api->ca->size - 1,
			.flags = CURL_BLOB_NOCOPY};

		rv = curl_easy_setopt(handle, CURLOPT_CAINFO_BLOB, &blob);
		return rv == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_CAPATH, NULL) : rv;
	}
	if (directory == NULL)
		return CURLE_OK;
	rv = curl_easy_setopt(handle, CURLOPT_CAPATH, directory);
	return rv == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_CAINFO, NULL) : rv;
}

/* A handle with everything set but the method. Returns NULL if any option is not to be had. */
static CURL *new_handle(struct api *api, const char *url, long timeout_ms)
{
	CURL *handle = curl_easy_init();
	CURLcode rv = CURLE_OK;

	if (handle == NULL)
		return NULL;
#define SET(option, value)  \
	if (rv == CURLE_OK) \
	rv = curl_easy_setopt(handle, option, value)
	SET(CURLOPT_URL, url);
	SET(CURLOPT_PROTOCOLS_STR,
		strncasecmp(api->bases[api->base], "https:", 6) == 0 ? "https" : "http");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, api->proxy == NULL ? "" : api->proxy);
	SET(CURLOPT_UNIX_SOCKET_PATH, api->socket);
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_NOSIGNAL, 1L);
	/* A thread that waits for a name server is not waited for in its turn. */
	SET(CURLOPT_QUICK_EXIT, 1L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	SET(CURLOPT_TIMEOUT_MS, timeout_ms);
	SET(CURLOPT_USERAGENT, "pam_wechat");
	SET(CURLOPT_PREREQFUNCTION, before_request);
	SET(CURLOPT_PREREQDATA, api);
#undef SET
	if (rv == CURLE_OK)
		rv = set_trust(api, handle);
	if (rv != CURLE_OK) {
		curl_easy_cleanup(handle);
		return NULL;
	}
	return handle;
}

void api_warm(struct api *api)
{
	if (api->warm != NULL || api->get != NULL || api->get_waits || api->warmed == WARM_MAX ||
		start_library(api) < 0)
		return;
	api->warmed++;
	api->warm_again = deadline_in(WARM_AGAIN_MS);
	api->sent = false;
	api->warm = new_handle(api, api->bases[api->base], CONNECT_MS);
	if (api->warm == NULL)
		return;
	if (curl_easy_setopt(api->warm, CURLOPT_NOBODY, 1L) != CURLE_OK ||
		curl_easy_setopt(api->warm, CURLOPT_WRITEFUNCTION, ignore_body) != CURLE_OK ||
		curl_multi_add_handle(api->multi, api->warm) != CURLM_OK)
		drop(api, &api->warm);
}

void api_warm_no_more(struct api *api)
{
	api->warmed = WARM_MAX;
	drop(api, &api->warm);
}

int api_get(struct api *api, const char *path_and_query, struct deadline deadline)
{
	if (api->get != NULL || api->get_waits || start_library(api) < 0 ||
		text_format(api->path, sizeof(api->path), "%s", path_and_query) < 0)
		return -ENOMEM;
	api->get_waits = true;
	api->get_deadline = deadline;
	return 0;
}

/* Sends the GET that waits. Returns 0 or -ENOMEM. */
static int start_get(struct api *api)
{
	char url[URL_MAX + 512];
	long timeout_ms = deadline_left(api->get_deadline);
	int rv = text_format(url, sizeof(url), "%s%s", api->bases[api->base], api->path);

	api->get_waits = false;
	explicit_bzero(api->path, sizeof(api->path));
	api->length = 0;
	api->too_large = false;
	api->sent = false;
	/* 0 would mean "for ever". */
	timeout_ms = timeout_ms < 1 ? 1 : timeout_ms;
	if (rv == 0)
		api->get = new_handle(api, url, timeout_ms);
	explicit_bzero(url, sizeof(url));
	if (api->get == NULL)
		return -ENOMEM;
	if (curl_easy_setopt(api->get, CURLOPT_WRITEFUNCTION, take_body) != CURLE_OK ||
		curl_easy_setopt(api->get, CURLOPT_WRITEDATA, api) != CURLE_OK ||
		curl_multi_add_handle(api->multi, api->get) != CURLM_OK) {
		drop(api, &api->get);
		return -ENOMEM;
	}
	return 0;
}

/* Whether the request ended before there was a connection to send it on. */
static bool is_unconnected(const struct api *api, CURLcode code)
{
	return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY ||
	       code == CURLE_COULDNT_CONNECT || (code == CURLE_OPERATION_TIMEDOUT && !api->sent);
}

/* The other host, if there is one, may be reached where this one is not. */
static void try_other_base(struct api *api)
{
	if (api->bases[1] != NULL)
		api->base = 1 - api->base;
}

static time_t find_date(CURL *handle)
{
	struct curl_header *header = NULL;
	time_t date;

	if (curl_easy_header(handle, "Date", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
		return 0;
	date = curl_getdate(header->value, NULL);
	return date < 0 ? 0 : date;
}

/* What the GET that has timed out was waiting for. */
static const char *explain_timeout(const struct api *api)
{
	curl_off_t resolved_us = 0;

	(void)curl_easy_getinfo(api->get, CURLINFO_NAMELOOKUP_TIME_T, &resolved_us);
	if (api->sent)
		return "WeChat's API did not answer in time";
	if (resolved_us == 0)
		return "the name server does not answer: check DNS";
	return api->proxy == NULL
	               ? "no connection to WeChat's API: check the firewall, or set proxy"
	               : "no connection to WeChat's API through the proxy: check both";
}

static void describe(struct api *api, CURLcode code, struct api_result *result)
{
	memset(result, 0, sizeof(*result));
	result->is_unconnected = is_unconnected(api, code);
	result->body = api->body->bytes;
	result->length = api->length;
	result->advice = "";
	result->date = find_date(api->get);
	(void)curl_easy_getinfo(api->get, CURLINFO_RESPONSE_CODE, &result->status);
	if (code == CURLE_OK)
		return;
	result->reason = REASON_UNREACHABLE;
	if (api->too_large) {
		result->reason = REASON_BAD_ANSWER;
		result->advice = "WeChat's answer is larger than 64 KiB";
	} else if (code == CURLE_PEER_FAILED_VERIFICATION) {
		result->is_untrusted = true;
		result->advice = "the certificate of WeChat's API is not trusted, has expired or "
				 "names another host: check the clock, api_url and ca_file";
	} else if (code == CURLE_COULDNT_RESOLVE_HOST) {
		result->advice = "the name of WeChat's API cannot be resolved: check DNS";
	} else if (code == CURLE_COULDNT_RESOLVE_PROXY) {
		result->advice = "the proxy's name cannot be resolved: check proxy and DNS";
	} else if (code == CURLE_COULDNT_CONNECT) {
		result->advice = "no connection to WeChat's API: check the firewall, or set proxy";
	} else if (code == CURLE_ABORTED_BY_CALLBACK) {
		result->advice = "the connection to WeChat's API broke before it answered";
	} else if (code == CURLE_OPERATION_TIMEDOUT) {
		result->advice = explain_timeout(api);
	} else {
		result->advice = curl_easy_strerror(code);
	}
}

/* Takes what has ended off the list. Returns whether the GET was among it. */
static bool take_ended(struct api *api, struct api_result *result)
{
	bool finished = false;
	CURLMsg *message;
	int left = 0;

	while ((message = curl_multi_info_read(api->multi, &left)) != NULL) {
		CURL *handle = message->easy_handle;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		if (handle == api->warm) {
			if (is_unconnected(api, code))
				try_other_base(api);
			drop(api, &api->warm);
		} else if (handle == api->get) {
			describe(api, code, result);
			if (result->is_unconnected)
				try_other_base(api);
			drop(api, &api->get);
			finished = true;
		}
	}
	return finished;
}

bool api_step(struct api *api, struct api_result *result)
{
	bool finished;
	int running = 0;

	if (api->multi == NULL)
		return false;
	(void)curl_multi_perform(api->multi, &running);
	finished = take_ended(api, result);
	if (api->get_waits && api->warm == NULL) {
		if (start_get(api) < 0) {
			*result = (struct api_result){
				.reason = REASON_INTERNAL, .advice = "out of memory"};
			return true;
		}
		(void)curl_multi_perform(api->multi, &running);
		/* A near API has answered already, and nothing would wake the next api_wait(). */
		finished = take_ended(api, result);
	}
	if (api->warmed > 0 && deadline_left(api->warm_again) == 0)
		api_warm(api);
	return finished;
}

void api_wait(struct api *api, struct pollfd *descriptors, size_t count, int timeout_ms)
{
	struct curl_waitfd wanted[4];
	unsigned int used = 0;
	size_t place[4];

	if (api->multi == NULL) {
		(void)poll(descriptors, count, timeout_ms);
		return;
	}
	if (api->warmed > 0 && api->warmed < WARM_MAX &&
		deadline_left(api->warm_again) < timeout_ms)
		timeout_ms = deadline_left(api->warm_again) + 1;
	for (size_t i = 0; i < count && used < 4; i++) {
		descriptors[i].revents = 0;
		if (descriptors[i].fd < 0)
			continue;
		wanted[used] =
			(struct curl_waitfd){.fd = descriptors[i].fd, .events = CURL_WAIT_POLLIN};
		place[used++] = i;
	}
	(void)curl_multi_poll(api->multi, wanted, used, timeout_ms, NULL);
	for (unsigned int i = 0; i < used; i++) {
		if (wanted[i].revents != 0)
			descriptors[place[i]].revents = POLLIN;
	}
}
