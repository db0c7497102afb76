/*
 * answer - what WeChat's API said, judged by its content (WeChat's guide to web authorization).
 *
 * Bodies are JSON under any content type, with codes for errors and successes alike. They are
 * outside data: every member is checked for its type and shape, and a repeated name refuses all.
 */
#ifndef PAM_WECHAT_EXCHANGE_ANSWER_H
#define PAM_WECHAT_EXCHANGE_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "reason.h"
#include "token.h"

#define ANSWER_TOKEN_MAX 4096
#define ANSWER_NICKNAME_MAX 127 /* bytes that are shown */

struct answer {
	enum reason reason; /* REASON_NONE for a success */
	const char *advice; /* a sentence for the log, "" for none */
	int64_t errcode;    /* 0: none */
	char rid[64];       /* WeChat's id of the request, "" for none */
	char openid[TOKEN_OPENID_MAX + 1];
	char access_token[ANSWER_TOKEN_MAX + 1];  /* opaque (RFC 6749): 1*VSCHAR; "" for none */
	char refresh_token[ANSWER_TOKEN_MAX + 1]; /* likewise */
	char nickname[ANSWER_NICKNAME_MAX + 1];   /* fit to be shown; proves nothing */
};

/*
 * Parses the answer of /sns/oauth2/access_token or /sns/oauth2/refresh_token, which are alike,
 * received with this HTTP status. The openid and the tokens are set for REASON_NONE only. A token
 * that is missing, or that no request can carry, is "": who needs none signs in without. The caller
 * wipes the answer.
 */
void answer_parse_token(struct answer *answer, long status, const char *body, size_t length);

/*
 * Parses the answer of /sns/userinfo, which must name the openid that the token answer named. The
 * tokens are left empty; so is the nickname, if there is none that can be shown.
 */
void answer_parse_userinfo(
	struct answer *answer, const char *openid, long status, const char *body, size_t length);

/* Parses the answer of /sns/auth: REASON_NONE if the token lives. Only its reason counts. */
void answer_parse_auth(struct answer *answer, long status, const char *body, size_t length);

#endif
