/*
 * pam_wechat.so - the entry points of the PAM module. Everything else is sign_in.c's.
 */
#include <security/pam_modules.h>

#include "sign_in.h"

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return sign_in_run(pamh, flags, argc, argv);
}

/* There are no credentials to set. PAM_IGNORE alone would make libpam deny. */
int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}
