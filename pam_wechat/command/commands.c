#include "command.h"

extern const struct command command_completion, command_qr, command_users;

/* In the order in which an administrator meets them. */
const struct command *const commands[] = {
	&command_users,
	&command_qr,
	&command_completion,
	NULL,
};
