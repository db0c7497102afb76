/*
 * conversation - what the module says to the person, and what the person answers.
 */
#ifndef PAM_WECHAT_MODULE_CONVERSATION_H
#define PAM_WECHAT_MODULE_CONVERSATION_H

#include <stdbool.h>

#include <security/pam_modules.h>

/*
 * Asks with echo. Returns PAM_SUCCESS and the answer, never NULL, to be freed by
 * secret_free_string(); PAM_CONV_ERR if the conversation failed; PAM_AUTH_ERR for an answer that
 * is missing or longer than PAM_MAX_RESP_SIZE.
 */
int conversation_ask(pam_handle_t *pamh, const char *prompt, char **answer);

/*
 * Shows a text, whatever the flags say. It is no information for PAM: that goes to standard output
 * in su and sudo, and `su -c 'tar c /etc' > file` would have it in its file. Returns PAM_SUCCESS,
 * PAM_CONV_ERR or PAM_BUF_ERR.
 */
int conversation_show(pam_handle_t *pamh, const char *text);

/* Tells the person what went wrong, unless `flags` hold PAM_SILENT. Failures are ignored. */
void conversation_remark(pam_handle_t *pamh, int flags, const char *remark);

/*
 * Greets the person who has signed in, unless `flags` hold PAM_SILENT. `on_terminal`: not on
 * standard output, as above. Failures are ignored.
 */
void conversation_greet(pam_handle_t *pamh, int flags, bool on_terminal, const char *greeting,
	const char *nickname);

#endif
