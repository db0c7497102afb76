/*
 * enable_advice - what is left to do when a service asks WeChat: how to try it, and how to go back.
 */
#ifndef PAM_WECHAT_ENABLE_ENABLE_ADVICE_H
#define PAM_WECHAT_ENABLE_ENABLE_ADVICE_H

#include "sshd_file.h"

struct command_call;
struct rehearsal;

/*
 * Prints it. `line` is where the block stands in the file `path`; `before` names the lines that can
 * let people in before WeChat is asked, or is ""; `copy` is where the file is kept as it was;
 * `rehearsal` is NULL for a change that is not on trial.
 */
void enable_advise(const struct command_call *call, const char *path, int line, const char *before,
	const char *copy, enum sshd_form form, const struct rehearsal *rehearsal);

/* The second half of that. */
void enable_advise_service(const char *service, enum sshd_form form);

#endif
