/*
 * broken - PAM modules that no test may take for ours: HOW is abort(), or pause() for ever.
 */
#include <stdlib.h>
#include <unistd.h>

#include <security/pam_modules.h>

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	for (;;)
		HOW;
}

int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_CRED_ERR;
}
