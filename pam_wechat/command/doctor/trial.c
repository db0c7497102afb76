#include "trial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attempt.h"
#include "deadline.h"
#include "display.h"
#include "problem.h"
#include "progress.h"
#include "request.h"
#include "requester.h"
#include "settings.h"
#include "text.h"
#include "unprivileged.h"
#include "url.h"

#define MADE_UP_CODE "pamwechatdoctormadethisup0000000"
/* Another browser is told to open the page in WeChat. */
#define AGENT "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.50 pam_wechat"
#define URL_MAX 4096
#define LOOK_MS 100 /* between two questions whether the code has been asked about */

/* The way of the phone, in a process that is not root. */
struct walk {
	const struct trial *trial;
	const struct request *request;
	const char *instance; /* of the helper that knows the link */
	struct unprivileged as;
	struct deadline deadline;
	struct trial_result *result;
	char base[512];   /* scheme, host and port that are asked */
	const char *host; /* NULL: that of `base` */
	const char *ca_file;
	char cookie[HTTP_REQUEST_HEADER_MAX];
};

static void say(struct trial_result *result, const char *what)
{
	display_copy(result->said, sizeof(result->said), what, strlen(what));
}

/* Asks for what a URL below public_url names. Returns 0 if there is an answer. */
static int ask(
	struct walk *walk, const char *public, const char *form, struct http_response *response)
{
	struct url parts;
	char url[URL_MAX];
	struct http_request request = {.url = url,
		.host = walk->host,
		.agent = AGENT,
		.cookie = walk->cookie[0] == '\0' ? NULL : walk->cookie,
		.form = form,
		.ca_file = walk->ca_file,
		.ms = deadline_left(walk->deadline)};

	/* The whole of it is no URL for url_parse(), which takes no query. */
	if (url_parse(walk->trial->settings->public_url, &parts) < 0 ||
		text_format(url, sizeof(url), "%s%s", walk->base, public + parts.origin_length) <
			0 ||
		http_request(&request, response) < 0)
		return -EINVAL;
	walk->result->failure = response->failure;
	walk->result->status = response->status;
	say(walk->result, response->failure == HTTP_NO_FAILURE ? "" : response->advice);
	return response->failure == HTTP_NO_FAILURE ? 0 : -EIO;
}

static int ask_health(struct walk *walk, struct http_response *response)
{
	char url[URL_MAX];

	return text_format(url, sizeof(url), "%s/healthz", walk->trial->settings->public_url) < 0
	               ? -EINVAL
	               : ask(walk, url, NULL, response);
}

/* Behind a NAT a machine may not reach its own public address: then the helper itself is asked. */
static int go_by_listen(struct walk *walk, struct http_response *response)
{
	walk->result->unreachable = response->failure;
	if (walk->trial->listen == NULL ||
		text_format(walk->base, sizeof(walk->base), "http://%s", walk->trial->listen) < 0)
		return -EIO;
	walk->result->by_listen = true;
	walk->host = strstr(walk->trial->settings->public_url, "://") + strlen("://");
	return ask_health(walk, response);
}

/* Finds the way to the helper that knows the link. */
static int go_to_health(struct walk *walk, struct http_response *response)
{
	char expected[64];
	int rv = ask_health(walk, response);

	/* Phones know their own CAs: so first those of the system, then ca_file. */
	if (rv < 0 && response->failure == HTTP_UNTRUSTED &&
		walk->trial->settings->ca_file != NULL) {
		walk->ca_file = walk->trial->settings->ca_file;
		walk->result->by_ca_file = true;
		rv = ask_health(walk, response);
	}
	if (rv < 0 &&
		(response->failure == HTTP_UNCONNECTED || response->failure == HTTP_UNRESOLVED))
		rv = go_by_listen(walk, response);
	if (rv < 0)
		return rv;
	if (!walk->result->by_listen)
		walk->result->date = response->date;
	if (text_format(expected, sizeof(expected), "ok %s\n", walk->instance) == 0 &&
		response->status == 200 && strcmp(response->body, expected) == 0)
		return 0;
	response->body[strcspn(response->body, "\n")] = '\0';
	say(walk->result, response->body);
	return -EPROTO;
}

/* The form's token, in whatever page. */
static int find_token(const char *page, char *token, size_t size)
{
	const char *at = strstr(page, "name=\"token\"");
	const char *value = at == NULL ? NULL : strstr(at, "value=\"");
	size_t length;

	if (value == NULL)
		return -ENOENT;
	value += strlen("value=\"");
	length = strcspn(value, "\"");
	return text_format(token, size, "%.*s", (int)length, value);
}

static int go_to_page(struct walk *walk, struct http_response *response, char *form, size_t size)
{
	char token[128];
	int rv = ask(walk, walk->request->link, NULL, response);

	if (rv < 0)
		return rv;
	if (response->status != 200 || find_token(response->body, token, sizeof(token)) < 0)
		return -EPROTO;
	return text_format(form, size, "token=%s&choice=continue", token);
}

static int go_to_callback(struct walk *walk, struct http_response *response)
{
	char url[URL_MAX];

	if (text_format(url, sizeof(url), "%s/callback?code=" MADE_UP_CODE "&state=%s",
		    walk->trial->settings->public_url, walk->request->state) < 0)
		return -EINVAL;
	return ask(walk, url, NULL, response);
}

/* Goes on until a step fails. */
static void go(struct walk *walk)
{
	struct http_response *response = calloc(1, sizeof(*response));
	struct trial_result *result = walk->result;
	char form[256];

	if (response == NULL)
		return;
	result->step = TRIAL_HEALTH;
	if (go_to_health(walk, response) < 0)
		goto done;
	result->step = TRIAL_PAGE;
	if (go_to_page(walk, response, form, sizeof(form)) < 0)
		goto done;
	result->step = TRIAL_COOKIE;
	if (response->cookie[0] == '\0')
		goto done;
	memcpy(walk->cookie, response->cookie, sizeof(walk->cookie));
	result->step = TRIAL_POST;
	if (ask(walk, walk->request->link, form, response) < 0 || response->status / 100 != 3)
		goto done;
	result->step = TRIAL_REDIRECT;
	/* The state in it is no secret any more: no login ends well with it. */
	say(result, response->location);
	if (strcmp(response->location, walk->request->authorize_url) != 0)
		goto done;
	result->step = TRIAL_CALLBACK;
	if (go_to_callback(walk, response) == 0)
		result->step = TRIAL_DONE;
done:
	free(response);
}

static int walk_apart(int fd, void *context)
{
	struct walk *walk = context;

	if (unprivileged_become(&walk->as) < 0)
		return EXIT_FAILURE;
	go(walk);
	return write(fd, walk->result, sizeof(*walk->result)) == sizeof(*walk->result)
	               ? EXIT_SUCCESS
	               : EXIT_FAILURE;
}

static void describe(struct requester *requester)
{
	const struct origin_facts here = {.rhost = "", .tty = "", .uid = getuid()};

	*requester = (struct requester){
		.user = "",
		.service = "",
		.rhost = "",
		.tty = "",
		.shown_user = "pam-wechat",
		.shown_service = "pam-wechat",
		.occasion = OCCASION_DOCTOR,
	};
	origin_choose(&here, requester->origin);
}

static void ask_verdict(struct attempt *attempt, struct trial_result *result)
{
	struct wire_inbox inbox;
	const char *const *value = inbox.message.value;

	result->reason = attempt_ask(attempt, WIRE_IDENTITY, &inbox);
	result->errcode = 0;
	if (inbox.message.verb == WIRE_REFUSED) {
		if (value[WIRE_ERRCODE] != NULL)
			result->errcode = strtol(value[WIRE_ERRCODE], NULL, 10);
		say(result, value[WIRE_DETAIL] == NULL ? "" : value[WIRE_DETAIL]);
	}
	wire_inbox_wipe(&inbox);
}

/* Waits until the child knows what WeChat says of the code, or for the rest of the time. */
static void hear_verdict(struct attempt *attempt, struct trial_result *result)
{
	static const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
	enum progress phone = PROGRESS_NONE;

	for (;;) {
		ask_verdict(attempt, result);
		if ((result->reason != REASON_NOBODY && result->reason != REASON_ASKING) ||
			attempt_ask_phone(attempt, &phone) < 0)
			return;
		/* Something answered the callback, and it was not the helper. */
		if (phone != PROGRESS_RETURNED) {
			result->step = TRIAL_CALLBACK;
			return;
		}
		(void)nanosleep(&pause, NULL);
	}
}

static int walk_it(const struct trial *trial, struct attempt *attempt, const char *instance,
	struct trial_result *result)
{
	struct walk walk = {.trial = trial,
		.request = attempt->request,
		.instance = instance,
		.deadline = attempt->deadline,
		.result = result};
	char bytes[sizeof(*result) + 1];
	struct url parts;
	int status = 0;
	int rv = url_parse(trial->settings->public_url, &parts);

	if (rv == 0)
		rv = text_format(walk.base, sizeof(walk.base), "%.*s", (int)parts.origin_length,
			trial->settings->public_url);
	if (rv == 0)
		rv = unprivileged_choose(&walk.as, trial->settings->exchange_user);
	if (rv == 0)
		rv = subprocess_call(
			walk_apart, &walk, bytes, sizeof(bytes), &status, trial->seconds);
	if (rv != (int)sizeof(*result))
		return rv < 0 ? rv : -EIO;
	memcpy(result, bytes, sizeof(*result));
	result->said[sizeof(result->said) - 1] = '\0';
	return 0;
}

/* Why the sign-in could not begin: in the child's words, or in those of whoever starts it. */
static void note_refusal(struct trial_result *result, int error, const struct wire_inbox *inbox,
	const struct problem *problem)
{
	const char *detail = inbox->message.value[WIRE_DETAIL];

	result->step = TRIAL_BEGIN;
	if (error == -ECONNREFUSED) {
		result->reason = reason_of_refusal(inbox->message.value[WIRE_REASON]);
		say(result, detail == NULL ? "" : detail);
	} else {
		result->reason = error == -ENOMEM ? REASON_MEMORY : REASON_INTERNAL;
		say(result, problem->text);
	}
}

static int try_it(int fd, void *context)
{
	const struct trial *trial = context;
	static struct wire_inbox inbox;
	struct attempt attempt = ATTEMPT_NONE;
	struct problem problem = {.text = ""};
	struct trial_result result = {.step = TRIAL_BEGIN};
	struct requester requester;
	char instance[32] = "";
	int rv;

	describe(&requester);
	attempt.deadline = deadline_in(trial->seconds * 1000);
	rv = attempt_begin(&attempt, trial->settings, &requester, NULL, false, &inbox, &problem);
	if (rv < 0) {
		note_refusal(&result, rv, &inbox, &problem);
	} else {
		result.step = TRIAL_HEALTH;
		result.reason = REASON_NONE;
		if (inbox.message.value[WIRE_INSTANCE] != NULL)
			(void)text_format(instance, sizeof(instance), "%s",
				inbox.message.value[WIRE_INSTANCE]);
		if (!trial->offline)
			rv = walk_it(trial, &attempt, instance, &result);
		if (rv == 0 && result.step == TRIAL_DONE)
			hear_verdict(&attempt, &result);
	}
	wire_inbox_wipe(&inbox);
	attempt_end(&attempt, REASON_EXPIRED);
	return write(fd, &result, sizeof(result)) == sizeof(result) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int trial_begin(struct trial *trial)
{
	return subprocess_begin(&trial->process, try_it, trial);
}

int trial_finish(struct trial *trial, struct trial_result *result, struct deadline deadline)
{
	char bytes[sizeof(*result) + 1];
	int status = 0;
	int rv = subprocess_finish(&trial->process, bytes, sizeof(bytes), &status, deadline);

	if (rv != (int)sizeof(*result))
		return rv < 0 ? rv : -EIO;
	memcpy(result, bytes, sizeof(*result));
	result->said[sizeof(result->said) - 1] = '\0';
	return 0;
}
