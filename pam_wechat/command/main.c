/*
 * pam-wechat - the administrator's command: sets up, finds what is wrong, enrols people.
 */
#include <stdio.h>

#include "command.h"
#include "ascii.h"

int main(int argc, char **argv)
{
	enum command_exit status;

	(void)ascii_begin();
	status = command_run(argc, argv);

	/* What could not be written was not done, for whoever reads it. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("pam-wechat: standard output");
		return COMMAND_REFUSED;
	}
	return (int)status;
}
