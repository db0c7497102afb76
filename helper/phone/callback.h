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
 * code handed on, and waits for what becomes of it; if that takes long it is told so, and to look
 * again at <base>/l/<id>. Everybody else is asked first. `settings` are those in force, which may
 * be others by then. `tickets` counts the codes that were handed on.
 */
void callback_get(struct request *request, struct settings *const *settings,
	struct metrics *metrics, uint64_t *tickets);

#endif
