#include "conversation.h"

#include <string.h>

#include <security/pam_ext.h>

#include "secret.h"

/* Tells a lack of memory from everything else that may be wrong with a conversation. */
static int failure(int rv)
{
	return rv == PAM_BUF_ERR ? PAM_BUF_ERR : PAM_CONV_ERR;
}

int conversation_ask(pam_handle_t *pamh, const char *prompt, char **answer)
{
	int rv;

	*answer = NULL;
	rv = pam_prompt(pamh, PAM_PROMPT_ECHO_ON, answer, "%s", prompt);
	if (rv != PAM_SUCCESS)
		rv = failure(rv);
	else if (*answer == NULL || strlen(*answer) >= PAM_MAX_RESP_SIZE)
		rv = PAM_AUTH_ERR;
	if (rv != PAM_SUCCESS)
		secret_free_string(answer);
	return rv;
}

int conversation_show(pam_handle_t *pamh, const char *text)
{
	int rv = pam_error(pamh, "%s", text);

	return rv == PAM_SUCCESS ? PAM_SUCCESS : failure(rv);
}

void conversation_remark(pam_handle_t *pamh, int flags, const char *remark)
{
	if ((flags & PAM_SILENT) == 0)
		(void)pam_error(pamh, "%s", remark);
}

void conversation_greet(
	pam_handle_t *pamh, int flags, bool on_terminal, const char *greeting, const char *nickname)
{
	int style = on_terminal ? PAM_ERROR_MSG : PAM_TEXT_INFO;

	if ((flags & PAM_SILENT) == 0)
		(void)pam_prompt(pamh, style, NULL, "%s%s", greeting, nickname);
}
