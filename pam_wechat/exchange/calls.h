/*
 * calls - the four calls of WeChat's web authorization, as paths with their queries. All of them
 * hold secrets: whoever makes one wipes it.
 *
 * They follow WeChat's guide to web authorization, steps 2 to 4 and its appendix.
 */
#ifndef PAM_WECHAT_EXCHANGE_CALLS_H
#define PAM_WECHAT_EXCHANGE_CALLS_H

#include <stddef.h>

#define CALLS_PATH_MAX 16384 /* holds the longest token, each byte percent-encoded */

/*
 * Each writes into `path`, of CALLS_PATH_MAX bytes, and returns 0 or -ENOSPC.
 *
 * access_token: a code becomes an openid and tokens; once. refresh_token: a refresh token becomes
 * an openid and a fresh access token. userinfo: the person's nickname. auth: does a token live?
 */
int calls_access_token(char *path, const char *appid, const char *secret, const char *code);
int calls_refresh_token(char *path, const char *appid, const char *refresh_token);
int calls_userinfo(char *path, const char *access_token, const char *openid);
int calls_auth(char *path, const char *access_token, const char *openid);

#endif
