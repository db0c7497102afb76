/*
 * callback - where WeChat brings the phone back to, with a code or without one.
 */
#ifndef PAM_WECHAT_PHONE_CALLBACK_H
#define PAM_WECHAT_PHONE_CALLBACK_H

#include <stdint.h>

struct logins;
struct metrics;
struct request;
struct settings;

/* Reads the query of such a request: its code, and the login whose state it names. */
void callback_read(struct request *request, struct logins *logins);

/*
 * GET of <base>/callback (HEAD changes nothing). Only a browser that approved the login has its
 * code handed on, and waits for what becomes of it. Everybody else is asked first. `tickets` counts
 * the codes that were handed on.
 */
void callback_get(struct request *request, const struct settings *settings, struct metrics *metrics,
	uint64_t *tickets);

#endif
