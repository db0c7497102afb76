#include "sign_in.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "attempt.h"
#include "confirm.h"
#include "conversation.h"
#include "journal.h"
#include "login.h"
#include "messages.h"
#include "qr.h"
#include "request.h"
#include "settings.h"
#include "text.h"
#include "unlisted.h"
#include "users.h"
#include "verdict.h"
#include "wire.h"

/* login's own limit is 60 s. */
#define LOGIN_SERVICE_TIMEOUT_S 50

/* Reads everything that decides whether and how to ask. Returns LOGIN_GO_ON or a code for PAM. */
static int prepare(struct login *login, int argc, const char **argv)
{
	struct settings *settings = &login->settings;
	int rv = settings_read(settings, argc, (const char *const *)argv, &login->problem);

	if (rv < 0)
		return login_refuse_problem(login, rv);
	rv = requester_init(&login->requester, login->pamh);
	if (rv == PAM_BUF_ERR)
		login->entry.reason = REASON_MEMORY;
	if (rv != PAM_SUCCESS)
		return rv;
	rv = users_read(settings->users_file, &login->users, &login->problem);
	if (rv < 0)
		return login_refuse_problem(login, rv);
	login->entry.user_is_listed = users_has_user(login->users, login->requester.user);
	if (settings->unlisted == UNLISTED_IGNORE) {
		rv = unlisted_judge(login);
		if (rv != LOGIN_GO_ON)
			return rv;
	}
	/* It depends on who asks: nobody may come from elsewhere to be asked for something else. */
	if (confirm_choose(login) != LOGIN_GO_ON)
		return PAM_AUTH_ERR;
	if (strcmp(login->requester.service, "login") == 0 &&
		settings->timeout > LOGIN_SERVICE_TIMEOUT_S)
		settings->timeout = LOGIN_SERVICE_TIMEOUT_S;
	login->attempt.deadline = deadline_in(settings->timeout * 1000);
	return LOGIN_GO_ON;
}

/* Nobody gets in as this user: told to the log alone, because it tells that the user is listed. */
static void look_for_too_many_openids(struct login *login)
{
	char bytes[1];
	struct text ignored;

	text_init(&ignored, bytes, sizeof(bytes));
	if (users_add_openids(login->users, login->requester.user, requester_uid(&login->requester),
		    &ignored) <= SETTINGS_OPENIDS_MAX)
		return;
	problem_set(&login->problem, 0, "%s: a user has more than %d openids",
		login->settings.users_file, SETTINGS_OPENIDS_MAX);
	journal_problem(login->pamh, login->problem.text);
}

/*
 * Starts the child, which announces the login to the helper. Returns LOGIN_GO_ON or a code for PAM.
 */
static int begin(struct login *login)
{
	struct wire_inbox inbox;
	int rv;

	look_for_too_many_openids(login);
	rv = attempt_begin(&login->attempt, &login->settings, &login->requester, login->users,
		login->waits, &inbox, &login->problem);

	if (login->attempt.request != NULL)
		memcpy(login->entry.login, login->attempt.request->id, 6);
	if (rv == 0)
		rv = LOGIN_GO_ON;
	else if (rv == -ECONNREFUSED)
		rv = login_refuse(login, verdict_note_refusal(login, &inbox.message));
	else
		rv = login_refuse_problem(login, rv);
	wire_inbox_wipe(&inbox);
	return rv;
}

/* Begins the attempt and makes its picture. Returns LOGIN_GO_ON or a code for PAM. */
static int start(struct login *login)
{
	const struct settings *settings = &login->settings;
	const struct request *request;
	int rv = begin(login);

	if (rv != LOGIN_GO_ON)
		return rv;
	login->is_ready = true;
	request = login->attempt.request;
	if (qr_create(settings->qr == QR_LINK ? request->link : request->authorize_url,
		    &login->qr) < 0)
		return login_refuse_problem(login,
			problem_set(&login->problem, -ENOMEM, "the QR code could not be made"));
	journal_debug(login->pamh, settings->debug, login->entry.login, "is ready");
	return LOGIN_GO_ON;
}

static void greet(struct login *login)
{
	const struct settings *settings = &login->settings;

	login->entry.reason = REASON_NONE;
	/* Nicknames are UTF-8, which not every terminal shows. */
	if (login->nickname[0] != '\0' && settings->charset == CHARSET_UTF8)
		conversation_greet(login->pamh, login->flags,
			settings_is_of_terminal(login->requester.service),
			message_text(MESSAGE_GREETING, settings->lang), login->nickname);
}

/* Says for the log what it means that nobody has finished, or that the end came sooner. */
static void explain(struct journal_entry *entry, bool guessed)
{
	const char *hint = entry->has_phone ? progress_hint(entry->phone) : NULL;

	switch (entry->reason) {
	case REASON_NOBODY:
		entry->reason = entry->has_phone && entry->phone == PROGRESS_NONE
		                        ? REASON_NOBODY_SCANNED
		                        : REASON_UNFINISHED;
		break;
	case REASON_NO_ANSWER:
	case REASON_CONVERSATION:
	case REASON_EXPIRED:
	case REASON_INTERRUPTED:
		break;
	default:
		return;
	}
	/* However it ended then: somebody may be guessing. */
	if (guessed)
		entry->reason = REASON_WRONG_DIGITS;
	else if (hint != NULL && entry->detail[0] == '\0')
		(void)text_format(entry->detail, sizeof(entry->detail), "%s", hint);
}

/*
 * Writes the login's line, and says so to the child, or else the helper would write one for a
 * module that died. Nobody may end the host in between but by SIGKILL, and then there are two lines
 * rather than none.
 */
static void end(struct login *login)
{
	sigset_t all, old;

	if (login->is_ready && !login->proved)
		login->entry.has_phone =
			attempt_ask_phone(&login->attempt, &login->entry.phone) == 0;
	explain(&login->entry, login->guessed);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &old);
	journal_login(login->pamh, &login->requester, &login->entry);
	attempt_end(&login->attempt, login->proved ? REASON_NONE : login->entry.reason);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
}

int sign_in_run(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct login *login = calloc(1, sizeof(*login));
	int rv = PAM_AUTH_ERR;

	if (login == NULL)
		return PAM_BUF_ERR;
	login->pamh = pamh;
	login->flags = flags;
	login->attempt = ATTEMPT_NONE;
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
	/* Once a phone can open it, a failure is a denial: no stack may take it for an absence. */
	if (login->is_ready && rv != PAM_SUCCESS && rv != PAM_MAXTRIES)
		rv = PAM_AUTH_ERR;
	if (login->requester.user != NULL && rv != PAM_IGNORE)
		end(login);
	qr_free(&login->qr);
	users_free(&login->users);
	settings_finish(&login->settings);
	requester_finish(&login->requester);
	interruption_end(&login->interruption);
	explicit_bzero(login, sizeof(*login));
	free(login);
	return rv;
}
