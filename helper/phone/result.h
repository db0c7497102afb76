/*
 * result - what becomes of a code that was handed on: the answers that wait for it go out.
 */
#ifndef PAM_WECHAT_PHONE_RESULT_H
#define PAM_WECHAT_PHONE_RESULT_H

struct login;
struct metrics;
struct settings;
struct wire_message;

/*
 * Takes a RESULT for one of the login's tickets: counts it, answers the browser that waits for it,
 * and frees the ticket. Returns 0; or -EBADMSG if the login has no such ticket, if the pin is not
 * four digits, or if a pin comes with a reason to refuse.
 */
int result_take(const struct settings *settings, struct metrics *metrics, struct login *login,
	const struct wire_message *message);

/*
 * Answers every browser that waits for a result of this login: with the page of its stage if
 * `status` is 200, or with that error of HTTP. The tickets stay.
 */
void result_answer_all(const struct settings *settings, struct login *login, int status);

#endif
