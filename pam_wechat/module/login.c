#include "login.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "child.h"
#include "confirm.h"
#include "conversation.h"
#include "messages.h"
#include "problem.h"
#include "qr.h"
#include "request.h"
#include "users.h"
#include "verdict.h"

/* login's own limit is 60 s. */
#define LOGIN_SERVICE_TIMEOUT_S 50

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

/*
 * Sees whether the table names the same account under another name: getpwnam's own spelling, or a
 * user with the same uid. Returns 0 and the answer, or -errno if that could not be found out.
 */
static int find_other_name(const struct users *users, const char *user, bool *found)
{
	struct account account, other;
	int rv = account_find(&account, user);

	*found = false;
	if (rv < 0)
		return rv == -ENOENT ? 0 : rv;
	*found = users_has_user(users, account.name);
	for (size_t i = 0; !*found && users_user_at(users, i) != NULL; i++) {
		rv = account_find(&other, users_user_at(users, i));
		if (rv == -ENOENT)
			continue;
		if (rv < 0)
			break;
		*found = other.uid == account.uid;
		account_finish(&other);
	}
	account_finish(&account);
	return rv == -ENOENT ? 0 : rv;
}

/*
 * Sees whether unlisted=ignore applies to this user. Returns PAM_IGNORE, LOGIN_GO_ON, or another
 * code for PAM.
 */
static int consider_ignoring(struct login *login)
{
	const char *table = login->settings.users_file;
	bool found = false;
	int rv;

	if (users_is_empty(login->users))
		return login_refuse_problem(login,
			problem_set(&login->problem, -EINVAL,
				"%s: an empty table does not go with unlisted=ignore", table));
	if (login->entry.user_is_listed)
		return LOGIN_GO_ON;
	rv = find_other_name(login->users, login->requester.user, &found);
	if (rv < 0)
		return login_refuse_problem(login,
			problem_set(&login->problem, -EIO,
				"unlisted=ignore: users cannot be looked up: %s", strerror(-rv)));
	return found ? LOGIN_GO_ON : PAM_IGNORE;
}

/* Reads everything that decides whether and how to ask. Returns LOGIN_GO_ON or a code for PAM. */
static int prepare(struct login *login, int argc, const char **argv)
{
	struct settings *settings = &login->settings;
	int rv = settings_read(settings, argc, (const char *const *)argv, &login->problem);

	if (rv < 0)
		return login_refuse_problem(login, rv);
	rv = requester_init(&login->requester, login->pamh);
	if (rv != PAM_SUCCESS)
		return rv;
	rv = users_read(settings->users_file, &login->users, &login->problem);
	if (rv < 0)
		return login_refuse_problem(login, rv);
	login->entry.user_is_listed = users_has_user(login->users, login->requester.user);
	if (settings->unlisted == UNLISTED_IGNORE) {
		rv = consider_ignoring(login);
		if (rv != LOGIN_GO_ON)
			return rv;
	}
	rv = confirm_choose(login);
	if (rv != LOGIN_GO_ON)
		return rv;
	if (strcmp(login->requester.service, "login") == 0 &&
		settings->timeout > LOGIN_SERVICE_TIMEOUT_S)
		settings->timeout = LOGIN_SERVICE_TIMEOUT_S;
	login->deadline = deadline_in(settings->timeout * 1000);
	return LOGIN_GO_ON;
}

/* Starts the child and lets it announce the login to the helper. Returns LOGIN_GO_ON or a code for
 * PAM.
 */
static int start(struct login *login)
{
	const struct settings *settings = &login->settings;
	char datagram[WIRE_MESSAGE_MAX + 1];
	struct wire_message answer;
	int rv;

	rv = request_create(&login->request, settings, &login->requester, login->users,
		login->waits, login->deadline, &login->problem);
	if (rv < 0)
		return login_refuse_problem(login, rv);
	memcpy(login->entry.login, login->request->id, 6);
	rv = child_start(&login->child, settings, login->deadline, &login->problem);
	if (rv < 0)
		return login_refuse_problem(login, rv);
	rv = child_announce(
		&login->child, login->request, settings, datagram, &answer, &login->problem);
	if (rv == -ECONNREFUSED)
		return login_refuse(login, verdict_note_refusal(login, &answer));
	if (rv < 0)
		return login_refuse_problem(login, rv);
	if (qr_create(
		    settings->qr == QR_LINK ? login->request->link : login->request->authorize_url,
		    &login->qr) < 0)
		return login_refuse_problem(login,
			problem_set(&login->problem, -ENOMEM, "the QR code could not be made"));
	journal_debug(login->pamh, settings->debug, login->entry.login, "is ready", "");
	return LOGIN_GO_ON;
}

static void greet(struct login *login)
{
	const struct settings *settings = &login->settings;

	login->entry.reason = REASON_NONE;
	/* Nicknames are UTF-8, which not every terminal shows. */
	if (login->nickname[0] != '\0' && settings->charset == CHARSET_UTF8)
		conversation_greet(login->pamh, login->flags,
			message_text(MESSAGE_GREETING, settings->lang), login->nickname);
}

int login_run(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct login *login = calloc(1, sizeof(*login));
	int rv = PAM_AUTH_ERR;

	if (login == NULL)
		return PAM_BUF_ERR;
	login->pamh = pamh;
	login->flags = flags;
	login->child = CHILD_NONE;
	login->entry.reason = REASON_INTERNAL;
	rv = prepare(login, argc, argv);
	if (rv == LOGIN_GO_ON)
		rv = start(login);
	if (rv == LOGIN_GO_ON)
		rv = login->waits ? confirm_by_waiting(login) : confirm_by_pin(login);
	if (login->proved)
		greet(login);
	if (rv == LOGIN_GO_ON)
		rv = login->proved ? PAM_SUCCESS : PAM_AUTH_ERR;
	if (login->requester.user != NULL && rv != PAM_IGNORE)
		journal_login(pamh, &login->requester, &login->entry);
	child_stop(&login->child);
	qr_free(&login->qr);
	request_free(&login->request);
	users_free(&login->users);
	settings_finish(&login->settings);
	interruption_end(&login->interruption);
	explicit_bzero(login, sizeof(*login));
	free(login);
	return rv;
}
