#include "inquiry.h"

#include <errno.h>
#include <string.h>

#include "api.h"

#define TRIES_MAX 3
#define PAUSE_MS 300 /* before the second try; three times as long before the third */

void inquiry_init(struct inquiry *inquiry, struct api *api, const char *appid, const char *secret,
	bool wants_userinfo)
{
	memset(inquiry, 0, sizeof(*inquiry));
	inquiry->api = api;
	inquiry->appid = appid;
	inquiry->secret = secret;
	inquiry->wants_userinfo = wants_userinfo;
}

void inquiry_finish(struct inquiry *inquiry)
{
	explicit_bzero(inquiry, sizeof(*inquiry));
}

int inquiry_start(struct inquiry *inquiry, const char *code, struct deadline deadline)
{
	if (calls_access_token(inquiry->path, inquiry->appid, inquiry->secret, code) < 0 ||
		api_get(inquiry->api, inquiry->path, deadline) < 0)
		return -ENOMEM;
	inquiry->at_userinfo = false;
	inquiry->deadline = deadline;
	inquiry->tries = 1;
	inquiry->pauses = false;
	return 0;
}

static int pause_after(int tries)
{
	return tries == 1 ? PAUSE_MS : 3 * PAUSE_MS;
}

static bool may_try_again(
	const struct inquiry *inquiry, const struct api_result *result, const struct answer *answer)
{
	if (inquiry->tries == TRIES_MAX ||
		deadline_left(inquiry->deadline) <= pause_after(inquiry->tries))
		return false;
	if (result->reason != REASON_NONE)
		return result->is_unconnected;
	return answer->errcode == -1 || answer->errcode == 45011;
}

static void fail(struct answer *answer, enum reason reason, const char *advice)
{
	explicit_bzero(answer, sizeof(*answer));
	answer->reason = reason;
	answer->advice = advice;
}

static void parse(
	const struct inquiry *inquiry, const struct api_result *result, struct answer *answer)
{
	if (result->reason != REASON_NONE)
		fail(answer, result->reason, result->advice);
	else if (inquiry->at_userinfo)
		answer_parse_userinfo(
			answer, inquiry->openid, result->status, result->body, result->length);
	else
		answer_parse_token(answer, result->status, result->body, result->length);
}

/* Goes on from the token to userinfo. Returns 0 or -ENOMEM. */
static int ask_userinfo(struct inquiry *inquiry, const struct answer *token)
{
	memcpy(inquiry->openid, token->openid, sizeof(inquiry->openid));
	inquiry->at_userinfo = true;
	inquiry->tries = 1;
	if (calls_userinfo(inquiry->path, token->access_token, token->openid) < 0)
		return -ENOMEM;
	return api_get(inquiry->api, inquiry->path, inquiry->deadline);
}

/* Takes a result. Returns whether the inquiry has its answer. */
static bool take(struct inquiry *inquiry, const struct api_result *result, struct answer *answer)
{
	parse(inquiry, result, answer);
	if (answer->reason != REASON_NONE && may_try_again(inquiry, result, answer)) {
		inquiry->again_at = deadline_in(pause_after(inquiry->tries));
		inquiry->tries++;
		inquiry->pauses = true;
		return false;
	}
	if (answer->reason == REASON_NONE && inquiry->wants_userinfo && !inquiry->at_userinfo) {
		if (answer->access_token[0] == '\0')
			fail(answer, REASON_BAD_ANSWER,
				"WeChat's answer has no usable access_token");
		else if (ask_userinfo(inquiry, answer) < 0)
			fail(answer, REASON_INTERNAL, "out of memory");
		else
			return false;
	}
	return true;
}

bool inquiry_step(struct inquiry *inquiry, struct answer *answer)
{
	struct api_result result;

	if (inquiry->pauses && deadline_left(inquiry->again_at) == 0) {
		inquiry->pauses = false;
		if (api_get(inquiry->api, inquiry->path, inquiry->deadline) < 0) {
			fail(answer, REASON_INTERNAL, "out of memory");
			return true;
		}
	}
	while (api_step(inquiry->api, &result)) {
		if (take(inquiry, &result, answer)) {
			explicit_bzero(inquiry->path, sizeof(inquiry->path));
			return true;
		}
		explicit_bzero(answer, sizeof(*answer));
	}
	return false;
}

int inquiry_wait_ms(const struct inquiry *inquiry)
{
	return inquiry->pauses ? deadline_left(inquiry->again_at) : -1;
}
