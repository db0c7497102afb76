#include "login.h"

#include <errno.h>

#include "conversation.h"
#include "messages.h"

/* What a login that ended for this reason returns to PAM. */
static int code_of(enum reason reason)
{
	switch (reason) {
	case REASON_CODE:
	case REASON_INTERRUPTED:
		return PAM_AUTH_ERR;
	case REASON_BUSY:
	case REASON_SETUP:
	case REASON_UNREACHABLE:
	case REASON_BAD_ANSWER:
	case REASON_HELPER:
	case REASON_FULL:
	case REASON_REJECTED:
		return PAM_AUTHINFO_UNAVAIL;
	case REASON_MEMORY:
		return PAM_BUF_ERR;
	case REASON_INTERNAL:
		return PAM_SYSTEM_ERR;
	case REASON_NONE:
	case REASON_NOBODY:
	case REASON_NOT_LINKED:
	case REASON_SNAPSHOT:
	case REASON_RISK:
	case REASON_TOO_MANY:
	case REASON_REPORTED:
	case REASON_EXPIRED:
	case REASON_COUNT:
		break;
	}
	/* Refused: sshd would begin again by itself after any other code. */
	return PAM_MAXTRIES;
}

int login_refuse(struct login *login, enum reason reason)
{
	/* ssh up to 10.2 shows a remark's bytes outside ASCII as octal numbers. */
	int lang = login->requester.rhost != NULL && login->requester.rhost[0] != '\0'
	                   ? LANG_EN
	                   : login->settings.lang;

	login->entry.reason = reason;
	conversation_remark(login->pamh, login->flags, message_refusal(reason, lang));
	return code_of(reason);
}

enum reason login_report_problem(struct login *login, int error)
{
	journal_problem(login->pamh, login->problem.text);
	switch (error) {
	case -ENOMEM:
		return REASON_MEMORY;
	case -EMFILE:
	case -ENFILE:
	case -EAGAIN:
	case -EIO:
		return REASON_INTERNAL;
	default:
		return REASON_SETUP;
	}
}

int login_refuse_problem(struct login *login, int error)
{
	return login_refuse(login, login_report_problem(login, error));
}
