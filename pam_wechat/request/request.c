#include "request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app_secret.h"
#include "deadline.h"
#include "display.h"
#include "occasion.h"
#include "problem.h"
#include "random.h"
#include "requester.h"
#include "settings.h"
#include "text.h"
#include "url.h"
#include "users.h"

/* The request and what its message points to. */
struct whole_request {
	struct request request;
	char app_secret[APP_SECRET_SIZE];
	char openids[SETTINGS_OPENIDS_MAX * 65];
	char left_ms[16];
	char host[129];
	char brand[129];
};

static int make_tokens(struct request *request)
{
	int rv = random_token(request->id, WIRE_LINK_LENGTH, RANDOM_BASE62);

	if (rv == 0)
		rv = random_token(request->state, WIRE_STATE_LENGTH, RANDOM_HEX);
	if (rv == 0)
		rv = random_token(request->pin, WIRE_PIN_LENGTH, RANDOM_DIGITS);
	return rv;
}

/* WeChat's guide wants this order of parameters, and the fragment. */
static int make_authorize_url(struct request *request, const struct settings *settings)
{
	struct text url;
	char callback[256];
	int rv = text_format(callback, sizeof(callback), "%s/callback", settings->public_url);

	text_init(&url, request->authorize_url, sizeof(request->authorize_url));
	text_addf(&url, "%s?appid=%s&redirect_uri=", settings->authorize_url, settings->appid);
	url_encode(&url, callback, strlen(callback));
	text_addf(&url, "&response_type=code&scope=%s&state=%s%s#wechat_redirect",
		settings_scope_word(settings->scope), request->state,
		settings->connect_redirect ? "&connect_redirect=1" : "");
	return rv < 0 ? rv : text_finish(&url);
}

/*
 * Of a user who has too many nobody may pass: that looks like a user who has none, as it must to
 * somebody who does not know who is listed.
 */
static void list_openids(
	struct whole_request *whole, const struct requester *requester, const struct users *users)
{
	struct text list;
	size_t count;

	text_init(&list, whole->openids, sizeof(whole->openids));
	count = users_add_openids(users, requester->user, requester_uid(requester), &list);
	if (count > SETTINGS_OPENIDS_MAX || text_finish(&list) < 0)
		whole->openids[0] = '\0';
}

static void fill_message(struct whole_request *whole, const struct settings *settings,
	const struct requester *requester, bool waits)
{
	struct request *request = &whole->request;
	const char **value = request->message.value;

	request->message.verb = WIRE_LOGIN;
	value[WIRE_APPID] = settings->appid;
	value[WIRE_SECRET] = whole->app_secret;
	value[WIRE_API_URL] = settings->api_url.items[0];
	value[WIRE_OTHER_API_URL] = settings->api_url.items[1];
	value[WIRE_CA_FILE] = settings->ca_file;
	value[WIRE_PROXY] = settings->proxy;
	value[WIRE_SOCKET] = settings->socket;
	value[WIRE_SCOPE] = settings_scope_word(settings->scope);
	value[WIRE_STATE] = request->state;
	value[WIRE_LINK] = request->link;
	value[WIRE_AUTHORIZE_URL] = request->authorize_url;
	value[WIRE_OPENIDS] = whole->openids;
	value[WIRE_PIN] = waits ? NULL : request->pin;
	value[WIRE_LEFT_MS] = whole->left_ms;
	value[WIRE_USER] = requester->shown_user;
	value[WIRE_HOST] = whole->host;
	value[WIRE_OCCASION] = occasion_word(requester->occasion);
	value[WIRE_SERVICE] = requester->shown_service;
	value[WIRE_FROM] = requester->from;
	value[WIRE_ASKER] = requester->asker[0] == '\0' ? NULL : requester->asker;
	value[WIRE_ORIGIN] = requester->origin;
	value[WIRE_LANG] = settings_lang_word(settings->lang);
	value[WIRE_BRAND] = settings->brand == NULL ? NULL : whole->brand;
}

int request_create(struct request **request, const struct settings *settings,
	const struct requester *requester, const struct users *users, bool waits,
	struct deadline deadline, struct problem *problem)
{
	struct whole_request *whole = calloc(1, sizeof(*whole));
	int rv;

	*request = NULL;
	if (whole == NULL)
		return problem_set(problem, -ENOMEM, "out of memory");
	*request = &whole->request;
	rv = app_secret_read(
		settings->secret_file, whole->app_secret, sizeof(whole->app_secret), problem);
	if (rv < 0)
		goto out;
	if (users != NULL)
		list_openids(whole, requester, users);
	display_copy(
		whole->host, sizeof(whole->host), settings->host_name, strlen(settings->host_name));
	if (settings->brand != NULL)
		display_copy(whole->brand, sizeof(whole->brand), settings->brand,
			strlen(settings->brand));
	rv = make_tokens(*request);
	if (rv < 0) {
		problem_set(problem, rv, "getrandom: %s", strerror(-rv));
		goto out;
	}
	if (text_format(whole->left_ms, sizeof(whole->left_ms), "%d", deadline_left(deadline)) <
			0 ||
		text_format((*request)->link, sizeof((*request)->link), "%s/l/%s",
			settings->public_url, (*request)->id) < 0 ||
		make_authorize_url(*request, settings) < 0) {
		rv = problem_set(problem, -EINVAL, "public_url or authorize_url is too long");
		goto out;
	}
	fill_message(whole, settings, requester, waits);
out:
	if (rv < 0)
		request_free(request);
	return rv;
}

/* The request is the first member of the whole. */
static struct whole_request *whole_of(struct request *request)
{
	return (struct whole_request *)(void *)request;
}

void request_forget_secret(struct request *request)
{
	struct whole_request *whole = whole_of(request);

	explicit_bzero(whole->app_secret, sizeof(whole->app_secret));
	request->message.value[WIRE_SECRET] = NULL;
}

void request_free(struct request **request)
{
	struct whole_request *whole = whole_of(*request);

	if (whole == NULL)
		return;
	explicit_bzero(whole, sizeof(*whole));
	free(whole);
	*request = NULL;
}
