#include "web.h"

#include <string.h>

#include <event2/http.h>

#include "address.h"
#include "ask.h"
#include "callback.h"
#include "connection.h"
#include "deadline.h"
#include "helper.h"
#include "log.h"
#include "login.h"
#include "rate_limit.h"
#include "reply.h"
#include "request.h"
#include "secret.h"
#include "server.h"
#include "settings.h"
#include "text.h"

#define EVERY_METHOD 0xffff
#define PLAIN "text/plain; charset=utf-8"

static void serve_verify(struct request *request, const struct secret *contents)
{
	struct reply reply = {.status = 200, .type = PLAIN, .body = contents->bytes};

	reply.length = contents->size - 1;
	reply_send(request, &reply);
}

/*
 * Everybody may ask: whether a request comes from this machine can't be told behind a proxy that
 * names no client. So the answer holds no figures.
 */
static void serve_health(struct request *request, const char *instance)
{
	struct reply reply = {.status = 200, .type = PLAIN};
	char body[sizeof("ok \n") + HELPER_INSTANCE_LENGTH];

	/* The instance's length is fixed: it fits. */
	(void)text_format(body, sizeof(body), "ok %s\n", instance);
	reply.body = body;
	reply.length = strlen(body);
	reply_send(request, &reply);
}

static bool is_health(const char *path, const char *below)
{
	return strcmp(path, "/healthz") == 0 || strcmp(below, "/healthz") == 0;
}

/* Finds the login that a path below the base names. */
static void find_login(struct request *request, struct logins *logins, const char *below)
{
	if (strncmp(below, "/l/", 3) == 0) {
		request->login = logins_find_link(logins, below + 3);
		request->finished = finished_find_link(&logins->finished, below + 3);
	} else if (strcmp(below, "/callback") == 0) {
		callback_read(request, logins);
	}
}

/* Returns whether the request may go on; if not, it was answered. */
static bool keep_pace(
	struct helper *helper, struct request *request, const char *path, const char *below)
{
	const struct login *login = request->login;
	int64_t now_ms = deadline_now();
	char address[INET6_ADDRSTRLEN];
	struct in6_addr client;

	if (is_health(path, below) && request_is_local(request))
		return true;
	request_client(request, helper->settings, &client);
	if (rate_limit_charge(
		    &helper->rate_limit, &client, login == NULL ? NULL : login->id, now_ms))
		return true;
	helper->metrics.too_often++;
	address_show(&client, address);
	if (rate_limit_tell(&helper->rate_limit, now_ms))
		log_limited("too many requests from %s: more are refused for a while", address);
	reply_error(request, helper->settings, 429);
	return false;
}

static void route(struct helper *helper, struct request *request, const char *path, bool is_post)
{
	const struct settings *settings = helper->settings;
	const char *name = strrchr(path, '/');
	const struct secret *verify =
		name == NULL ? NULL : settings_find_verify(settings, name + 1);
	size_t base_length = strlen(settings->base);
	const char *below =
		strncmp(path, settings->base, base_length) == 0 ? path + base_length : "";
	struct metrics *metrics;

	find_login(request, &helper->logins, below);
	metrics = helper_metrics(helper, request->login);
	if (!keep_pace(helper, request, path, below))
		return;
	if (strncmp(below, "/l/", 3) == 0 && strchr(below + 3, '/') == NULL) {
		if (is_post)
			ask_post(request, settings, metrics);
		else
			ask_get(request, settings);
		return;
	}
	if (is_post)
		reply_error(request, settings, 405);
	else if (is_health(path, below))
		serve_health(request, helper->instance);
	else if (verify != NULL && (name == path || name == below))
		serve_verify(request, verify);
	else if (strcmp(below, "/callback") == 0)
		callback_get(request, &helper->settings, metrics, &helper->tickets);
	else
		reply_error(request, settings, 404);
}

static void on_request(struct evhttp_request *http, void *context)
{
	struct helper *helper = context;
	struct request request = {.http = http};
	enum evhttp_cmd_type method = evhttp_request_get_command(http);
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(http);
	const char *path = uri == NULL ? NULL : evhttp_uri_get_path(uri);

	request.connection = connection_of(http);
	request.is_head = method == EVHTTP_REQ_HEAD;
	if (helper->stopping)
		reply_error(&request, helper->settings, 503);
	else if (!request_is_sound(&request))
		reply_error(&request, helper->settings, 400);
	else if (method != EVHTTP_REQ_GET && method != EVHTTP_REQ_HEAD && method != EVHTTP_REQ_POST)
		reply_error(&request, helper->settings, method < EVHTTP_REQ_PATCH << 1 ? 405 : 501);
	else if (path == NULL)
		reply_error(&request, helper->settings, 400);
	else if (strlen(evhttp_request_get_uri(http)) > REQUEST_TARGET_MAX)
		reply_error(&request, helper->settings, 414);
	else
		route(helper, &request, path, method == EVHTTP_REQ_POST);
	explicit_bzero(request.code, sizeof(request.code));
}

struct evhttp *web_create(struct helper *helper, int fd)
{
	struct evhttp *http = server_create(helper->base, helper->connections, fd);

	if (http == NULL)
		return NULL;
	/* All of them, so that the refusal is ours. */
	evhttp_set_allowed_methods(http, EVERY_METHOD);
	evhttp_set_gencb(http, on_request, helper);
	return http;
}
