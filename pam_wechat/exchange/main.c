/*
 * pam-wechat-exchange - started by pam_wechat.so for one login; not a command for people.
 *
 * Arguments: the uid and gid to become, or "-" and "-". The module is at the other end of
 * descriptor 3. It says nothing and logs nothing: the module does.
 */
#include <stdlib.h>

#include "exchange.h"
#include "privileges.h"

#define MODULE_SOCKET 3

int main(int argc, char **argv)
{
	if (argc != 3 || privileges_drop(argv[1], argv[2]) < 0)
		return EXIT_FAILURE;
	return exchange_run(MODULE_SOCKET) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
