#include "login.h"

#include <errno.h>

#include "conversation.h"
#include "messages.h"

/*
 * What a login that ended for this reason returns to PAM. A stack may fall back to something else
 * on PAM_AUTHINFO_UNAVAIL, so nobody far away may bring it about: it says that helper,
 * configuration or exchange is absent, and is said before there is a link alone.
 */
static int code_of(enum reason reason, bool is_ready)
{
	switch (reason) {
	case REASON_SETUP:
	case REASON_HELPER:
	case REASON_REJECTED:
		return is_ready ? PAM_AUTH_ERR : PAM_AUTHINFO_UNAVAIL;
	case REASON_MEMORY:
		return is_ready ? PAM_AUTH_ERR : PAM_BUF_ERR;
	case REASON_INTERNAL:
		return is_ready ? PAM_AUTH_ERR : PAM_SYSTEM_ERR;
	case REASON_CODE:
	case REASON_INTERRUPTED:
	case REASON_BUSY:
	case REASON_UNREACHABLE:
	case REASON_BAD_ANSWER:
	case REASON_HELPER_SILENT:
	case REASON_NO_ANSWER:
	case REASON_CONVERSATION:
		return PAM_AUTH_ERR;
	case REASON_NONE:
	case REASON_NOBODY:
	case REASON_ASKING:
	case REASON_NOBODY_SCANNED:
	case REASON_UNFINISHED:
	case REASON_WRONG_DIGITS:
	case REASON_NOT_LINKED:
	case REASON_OTHER_UID:
	case REASON_SNAPSHOT:
	case REASON_RISK:
	case REASON_TOO_MANY:
	case REASON_REPORTED:
	case REASON_EXPIRED:
	case REASON_FULL:
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
	return code_of(reason, login->is_ready);
}

enum reason login_report_problem(struct login *login, int error)
{
	journal_problem(login->pamh, login->problem.text);
	switch (error) {
	case -ENOMEM:
		return REASON_MEMORY;
	/* Something is missing, wrong or not to be trusted; anything else may pass. */
	case -EACCES:
	case -EFBIG:
	case -EINVAL:
	case -EISDIR:
	case -ELOOP:
	case -ENAMETOOLONG:
	case -ENOENT:
	case -ENOTDIR:
	case -EPERM:
		return REASON_SETUP;
	default:
		return REASON_INTERNAL;
	}
}

int login_refuse_problem(struct login *login, int error)
{
	return login_refuse(login, login_report_problem(login, error));
}
