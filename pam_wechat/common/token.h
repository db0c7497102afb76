/*
 * token - what the strings that stand for a login or a person look like: those that WeChat makes,
 * and our own. Whatever looks otherwise is refused before it is used.
 */
#ifndef PAM_WECHAT_COMMON_TOKEN_H
#define PAM_WECHAT_COMMON_TOKEN_H

#include <stdbool.h>

#define TOKEN_OPENID_MAX 64
#define TOKEN_CODE_MAX 512

/* WeChat's openid: 6 to 64 of [0-9A-Za-z_-]. */
bool token_is_openid(const char *string);

/* WeChat's code: 1 to 512 of [0-9A-Za-z_-]. */
bool token_is_code(const char *string);

/* The state of a login: 32 hexadecimal digits in lower case. */
bool token_is_state(const char *string);

/* What a login's link ends in: 12 of [0-9A-Za-z]. */
bool token_is_link(const char *string);

/* What a log names a login by: the first 6 of them. */
bool token_is_name(const char *string);

/* Four digits. */
bool token_is_pin(const char *string);

#endif
