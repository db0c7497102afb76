/*
 * callback - where WeChat brings the phone back to, with a code or without one.
 */
#ifndef PAM_WECHAT_PHONE_CALLBACK_H
#define PAM_WECHAT_PHONE_CALLBACK_H

struct login;
struct request;

/*
 * GET of <base>/callback (HEAD changes nothing). Only a browser that approved the login has its
 * code handed on, and waits for what becomes of it. Everybody else is asked first.
 */
void callback_get(struct request *request);

/* The pending login whose state the query of such a request names, or NULL. */
struct login *callback_find_login(const struct request *request);

#endif
