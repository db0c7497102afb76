#include <stddef.h>

#include "command.h"

extern const struct command command_completion, command_disable, command_doctor, command_enable,
	command_enroll, command_pages, command_qr, command_setup, command_status, command_test,
	command_users;

/* In the order in which an administrator meets them. */
const struct command *const commands[] = {
	&command_setup,
	&command_doctor,
	&command_enroll,
	&command_users,
	&command_enable,
	&command_test,
	&command_disable,
	&command_status,
	&command_qr,
	&command_pages,
	&command_completion,
	NULL,
};
