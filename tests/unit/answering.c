/*
 * answering - a PAM module that answers as the test says. Its line names it by `id=N`; answer N of
 * the environment's ANSWERS, "7,0,25", is the code it returns. `ours` on the line: it leaves ASKED
 * behind in the environment.
 */
#include <stdlib.h>
#include <string.h>

#include <security/pam_modules.h>

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	const char *answers = getenv("ANSWERS");
	long id = 0;

	(void)pamh;
	(void)flags;
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "id=", 3) == 0)
			id = strtol(argv[i] + 3, NULL, 10);
		if (strcmp(argv[i], "ours") == 0 && setenv("ASKED", "yes", 1) < 0)
			return PAM_BUF_ERR;
	}
	while (answers != NULL && id-- > 0)
		answers = strchr(answers, ',') == NULL ? NULL : strchr(answers, ',') + 1;
	return answers == NULL ? PAM_SYSTEM_ERR : (int)strtol(answers, NULL, 10);
}

int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}
