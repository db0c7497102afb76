/*
 * app_token - asks WeChat for a token of the account itself (POST /cgi-bin/stable_token): it looks
 * at appid, app secret and IP list together, which no code made up does. Other tokens of the
 * account stay valid. The token is wiped where it arrives: only the error code comes out.
 */
#ifndef PAM_WECHAT_DOCTOR_APP_TOKEN_H
#define PAM_WECHAT_DOCTOR_APP_TOKEN_H

#include "subprocess.h"
#include "unprivileged.h"

struct deadline;
struct settings;

struct app_token {
	const struct settings *settings;
	const char *secret; /* the app's */
	int seconds;        /* that it may take */
	struct unprivileged as;
	struct subprocess process;
};

#define APP_TOKEN_GIVEN 0
#define APP_TOKEN_NO_ANSWER (-1000) /* or one that cannot be read */

/* Starts asking. Returns 0 or -errno. */
int app_token_begin(struct app_token *asked);

/* Waits for the answer. Returns 0 and APP_TOKEN_…, or WeChat's error code; or -errno. */
int app_token_finish(struct app_token *asked, long *errcode, struct deadline deadline);

#endif
