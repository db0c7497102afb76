/*
 * errcode - WeChat's error codes: what class each belongs to, and what the administrator mends.
 *
 * The codes are those of WeChat's web authorization and its list of global return codes. errmsg
 * is for people and changes; nothing depends on it.
 */
#ifndef PAM_WECHAT_EXCHANGE_ERRCODE_H
#define PAM_WECHAT_EXCHANGE_ERRCODE_H

#include <stdint.h>

#include "reason.h"

struct errcode {
	int32_t number;
	enum reason reason;
	const char *advice; /* a sentence for the log */
};

/* The entry of an error code other than 0; unknown ones have REASON_SETUP. Never NULL. */
const struct errcode *errcode_find(int64_t number);

#endif
