/*
 * callback - where WeChat brings the phone back to, with a code; and what becomes of that code.
 */
#ifndef PAM_WECHAT_PHONE_CALLBACK_H
#define PAM_WECHAT_PHONE_CALLBACK_H

struct helper;
struct login;
struct request;
struct wire_message;

/*
 * GET of <base>/callback (HEAD changes nothing). Only a browser that approved the login has its
 * code handed on, and waits for what becomes of it. Everybody else is asked first.
 */
void callback_get(struct request *request);

/* The pending login whose state the query of such a request names, or NULL. */
struct login *callback_find_login(const struct request *request);

/* RESULT: answers who waits for it. Returns 0, or -EBADMSG if it makes no sense. */
int callback_result(struct helper *helper, struct login *login, const struct wire_message *message);

/*
 * Answers all who wait for a result of this login: with the page of its stage if `status` is 200,
 * or with that error of HTTP.
 */
void callback_answer_all(struct login *login, int status);

#endif
