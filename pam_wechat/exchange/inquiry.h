/*
 * inquiry - asks WeChat whom a code names: access_token, then userinfo if the scope wants it.
 *
 * A request is made again, after a pause that grows, only if no connection was made, or WeChat
 * said -1 or 45011: after anything else the code may be used up.
 */
#ifndef PAM_WECHAT_EXCHANGE_INQUIRY_H
#define PAM_WECHAT_EXCHANGE_INQUIRY_H

#include <stdbool.h>

#include "answer.h"
#include "calls.h"
#include "deadline.h"
#include "token.h"

struct api;

struct inquiry {
	struct api *api; /* as are the next three, the caller's; set by inquiry_init() */
	const char *appid;
	const char *secret;
	bool wants_userinfo;

	bool at_userinfo;
	char path[CALLS_PATH_MAX]; /* of the request, to be made again */
	struct deadline deadline;
	int tries;
	bool pauses;
	struct deadline again_at;
	char openid[TOKEN_OPENID_MAX + 1]; /* that userinfo has to name again */
};

void inquiry_init(struct inquiry *inquiry, struct api *api, const char *appid, const char *secret,
	bool wants_userinfo);

/* Wipes it. */
void inquiry_finish(struct inquiry *inquiry);

/* Begins to ask about a code; one at a time. Returns 0 or -ENOMEM. */
int inquiry_start(struct inquiry *inquiry, const char *code, struct deadline deadline);

/*
 * Works on what is under way, until it waits for the network. Returns true once for each code, with
 * the answer, which the caller wipes: whom WeChat named, or why it did not.
 */
bool inquiry_step(struct inquiry *inquiry, struct answer *answer);

/* Milliseconds until inquiry_step() has something to do by itself; -1 for nothing. */
int inquiry_wait_ms(const struct inquiry *inquiry);

#endif
