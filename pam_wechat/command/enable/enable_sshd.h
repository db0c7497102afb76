/*
 * enable_sshd - sshd's own configuration, where "enable" is to write it as well.
 */
#ifndef PAM_WECHAT_ENABLE_ENABLE_SSHD_H
#define PAM_WECHAT_ENABLE_ENABLE_SSHD_H

#include <stdbool.h>

#include "call.h"
#include "sshd_file.h"

/*
 * Whether the options of the call go together, and with the service; if not, after a complaint on
 * standard error.
 */
bool enable_sshd_fits(const struct command_call *call);

/*
 * Writes sshd's file, as the call's options want it: *form is the one that stands there then, or
 * SSHD_FORM_NONE, if none is wanted, or sshd does not read such files; then its lines are shown.
 * Asks before, if it shuts somebody out: `is_second_factor` says what PAM asks. Returns
 * COMMAND_DONE and *before for enable_sshd_undo(); or something else after a complaint, and nothing
 * has changed.
 */
enum command_exit enable_sshd_write(const struct command_call *call, bool is_second_factor,
	enum sshd_form *form, enum sshd_form *before);

/* Makes the file what it was, after something else has failed. */
void enable_sshd_undo(enum sshd_form form, enum sshd_form before);

#endif
