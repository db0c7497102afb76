/*
 * verdict - whom WeChat named, as the child knows it, and whether that is enough.
 */
#ifndef PAM_WECHAT_MODULE_VERDICT_H
#define PAM_WECHAT_MODULE_VERDICT_H

#include "reason.h"

struct login;
struct wire_message;

/*
 * Asks the child once, and judges: by the users table read anew, and, unless the login only waits,
 * by what was typed (NULL: nothing). Returns REASON_NONE and sets login->proved if the login is
 * proved; REASON_NOBODY if nobody has finished or the pin is wrong; or why it failed.
 */
enum reason verdict_ask(struct login *login, const char *typed);

/*
 * Keeps what the child says about a refusal for the log. Returns the reason: never REASON_NONE,
 * which would be a success, whatever word the message holds.
 */
enum reason verdict_note_refusal(struct login *login, const struct wire_message *message);

#endif
