#include "login.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "child.h"
#include "conversation.h"
#include "deadline.h"
#include "journal.h"
#include "messages.h"
#include "pin.h"
#include "problem.h"
#include "qr.h"
#include "request.h"
#include "requester.h"
#include "secret.h"
#include "settings.h"
#include "terminal.h"
#include "text.h"
#include "users.h"

#define READY_MS 5000   /* for the child to start and the helper to answer */
#define VERDICT_MS 2000 /* for the child to say what it knows already */
#define ANSWERS_MAX 3   /* wrong codes typed */

/* login's own limit is 60 s. */
#define LOGIN_SERVICE_TIMEOUT_S 50

struct login {
	pam_handle_t *pamh;
	int flags;
	struct settings settings;
	struct requester requester;
	struct users *users;
	struct request *request;
	struct qr *qr;
	struct child child;
	struct deadline deadline;
	struct journal_entry entry;
	struct problem problem;
	bool proved; /* set by judge() alone */
};

/* No step below says PAM_SUCCESS: a step that went well says this. */
#define GO_ON (-1)

/* What a login that ended for this reason returns to PAM. */
static int code_of(enum reason reason)
{
	switch (reason) {
	case REASON_CODE:
		return PAM_AUTH_ERR;
	case REASON_BUSY:
	case REASON_SETUP:
	case REASON_UNREACHABLE:
	case REASON_BAD_ANSWER:
	case REASON_HELPER:
	case REASON_FULL:
	case REASON_REJECTED:
		return PAM_AUTHINFO_UNAVAIL;
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

/* Ends the login: tells the person, leaves the reason for the log. Returns the code for PAM. */
static int refuse(struct login *login, enum reason reason)
{
	/* ssh up to 10.2 shows a remark's bytes outside ASCII as octal numbers. */
	int lang = login->requester.rhost != NULL && login->requester.rhost[0] != '\0'
	                   ? LANG_EN
	                   : login->settings.lang;

	login->entry.reason = reason;
	conversation_remark(login->pamh, login->flags, message_refusal(reason, lang));
	return code_of(reason);
}

/* Ends the login because of something that the administrator reads in the log. */
static int refuse_problem(struct login *login, int error)
{
	journal_problem(login->pamh, login->problem.text);
	switch (error) {
	case -ENOMEM:
		(void)refuse(login, REASON_INTERNAL);
		return PAM_BUF_ERR;
	case -EMFILE:
	case -ENFILE:
	case -EAGAIN:
	case -EIO:
		return refuse(login, REASON_INTERNAL);
	default:
		return refuse(login, REASON_SETUP);
	}
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
 * Sees whether unlisted=ignore applies to this user. Returns PAM_IGNORE, GO_ON, or another code for
 * PAM.
 */
static int consider_ignoring(struct login *login)
{
	const char *table = login->settings.users_file;
	bool found = false;
	int rv;

	if (users_is_empty(login->users))
		return refuse_problem(login,
			problem_set(&login->problem, -EINVAL,
				"%s: an empty table does not go with unlisted=ignore", table));
	if (login->entry.user_is_listed)
		return GO_ON;
	rv = find_other_name(login->users, login->requester.user, &found);
	if (rv < 0)
		return refuse_problem(login,
			problem_set(&login->problem, -EIO,
				"unlisted=ignore: users cannot be looked up: %s", strerror(-rv)));
	return found ? GO_ON : PAM_IGNORE;
}

/* Reads everything that decides whether and how to ask. Returns GO_ON or a code for PAM. */
static int prepare(struct login *login, int argc, const char **argv)
{
	struct settings *settings = &login->settings;
	int rv = settings_read(settings, argc, (const char *const *)argv, &login->problem);

	if (rv < 0)
		return refuse_problem(login, rv);
	rv = requester_init(&login->requester, login->pamh);
	if (rv != PAM_SUCCESS)
		return rv;
	rv = users_read(settings->users_file, &login->users, &login->problem);
	if (rv < 0)
		return refuse_problem(login, rv);
	login->entry.user_is_listed = users_has_user(login->users, login->requester.user);
	if (settings->unlisted == UNLISTED_IGNORE) {
		rv = consider_ignoring(login);
		if (rv != GO_ON)
			return rv;
	}
	if (strcmp(login->requester.service, "login") == 0 &&
		settings->timeout > LOGIN_SERVICE_TIMEOUT_S)
		settings->timeout = LOGIN_SERVICE_TIMEOUT_S;
	login->deadline = deadline_in(settings->timeout * 1000);
	return GO_ON;
}

static void copy_value(char *to, size_t size, const char *value)
{
	if (value != NULL)
		(void)text_format(to, size, "%s", value);
}

/*
 * Keeps what the child says about a refusal for the log. Returns the reason: never REASON_NONE,
 * which would be a success, whatever word the message holds.
 */
static enum reason note_refusal(struct login *login, const struct wire_message *message)
{
	struct journal_entry *entry = &login->entry;
	enum reason reason = reason_parse(message->value[WIRE_REASON]);

	copy_value(entry->errcode, sizeof(entry->errcode), message->value[WIRE_ERRCODE]);
	copy_value(entry->rid, sizeof(entry->rid), message->value[WIRE_RID]);
	copy_value(entry->detail, sizeof(entry->detail), message->value[WIRE_DETAIL]);
	/* So that an administrator can link the account: an openid opens nothing by itself. */
	if (message->value[WIRE_OPENID] != NULL)
		journal_debug(login->pamh, login->settings.debug, entry->login,
			"WeChat named the openid ", message->value[WIRE_OPENID]);
	return reason == REASON_NONE ? REASON_INTERNAL : reason;
}

/* Starts the child and lets it announce the login to the helper. Returns GO_ON or a code for PAM.
 */
static int start(struct login *login)
{
	const struct settings *settings = &login->settings;
	struct deadline ready = deadline_in(READY_MS);
	char datagram[WIRE_MESSAGE_MAX + 1];
	struct wire_message answer;
	int rv;

	rv = request_create(&login->request, settings, &login->requester, login->users,
		login->deadline, &login->problem);
	if (rv < 0)
		return refuse_problem(login, rv);
	memcpy(login->entry.login, login->request->id, 6);
	rv = child_start(&login->child, settings, login->deadline, &login->problem);
	if (rv < 0)
		return refuse_problem(login, rv);
	rv = child_ask(&login->child, &login->request->message, datagram, &answer, ready);
	if (rv == 0 && answer.verb == WIRE_REFUSED)
		return refuse(login, note_refusal(login, &answer));
	if (rv < 0 || answer.verb != WIRE_READY ||
		strcmp(answer.value[WIRE_LINK], login->request->link) != 0)
		return refuse_problem(login,
			problem_set(&login->problem, -EINVAL, "%s: did not become ready (%s)",
				settings->exchange, rv < 0 ? strerror(-rv) : "unexpected answer"));
	if (qr_create(
		    settings->qr == QR_LINK ? login->request->link : login->request->authorize_url,
		    &login->qr) < 0)
		return refuse_problem(login,
			problem_set(&login->problem, -ENOMEM, "the QR code could not be made"));
	journal_debug(login->pamh, settings->debug, login->entry.login, "is ready", "");
	return GO_ON;
}

/*
 * Asks the child whom WeChat named, and judges what was typed. Returns REASON_NONE if the login is
 * proved, REASON_NOBODY if nobody has finished or the code is wrong, or why it is over.
 */
static enum reason judge(struct login *login, const char *answer)
{
	const struct wire_message question = {.verb = WIRE_VERDICT};
	char datagram[WIRE_MESSAGE_MAX + 1];
	struct wire_message verdict;
	struct users *users = NULL;
	enum reason reason = REASON_NOBODY;
	int rv;

	rv = child_ask(&login->child, &question, datagram, &verdict, deadline_in(VERDICT_MS));
	if (deadline_left(login->deadline) == 0)
		return REASON_EXPIRED;
	if (rv < 0) {
		journal_problem(login->pamh, "the exchange of this login is gone or stuck");
		return REASON_INTERNAL;
	}
	if (verdict.verb == WIRE_REFUSED)
		return note_refusal(login, &verdict);
	if (verdict.verb != WIRE_IDENTITY)
		return REASON_INTERNAL;
	if (!pin_matches(login->request->pin, answer))
		return REASON_NOBODY;
	/* Read anew: the administrator may have taken the line out in the meantime. */
	if (users_read(login->settings.users_file, &users, &login->problem) < 0) {
		journal_problem(login->pamh, login->problem.text);
		reason = REASON_SETUP;
	} else if (!users_has_link(users, verdict.value[WIRE_OPENID], login->requester.user)) {
		reason = REASON_NOT_LINKED;
	} else {
		reason = REASON_NONE;
		login->proved = true;
	}
	users_free(&users);
	return reason;
}

/* Shows the login once and takes an answer. Returns GO_ON or a code for PAM. */
static int show(struct login *login, int round, bool wrong, char **answer)
{
	const struct settings *settings = &login->settings;
	struct secret *prompt = secret_create(TERMINAL_PROMPT_MAX);
	struct text text;
	int rv;

	if (prompt == NULL)
		return PAM_BUF_ERR;
	text_init(&text, prompt->bytes, prompt->size);
	terminal_compose(&text, login->qr,
		terminal_view_at(settings->charset, settings->invert, round), login->request->link,
		settings->lang, wrong);
	rv = text_finish(&text) < 0 ? PAM_SYSTEM_ERR
	                            : conversation_ask(login->pamh, prompt->bytes, answer);
	secret_free(&prompt);
	return rv == PAM_SUCCESS ? GO_ON : rv;
}

/*
 * Asks for the code until the login is decided. Whatever is typed before a phone has finished has
 * an effect that depends on its length alone, because sshd replaces the answers of users who do
 * not exist by junk of the same length. Returns GO_ON if the login is proved, or a code for PAM.
 */
static int converse(struct login *login)
{
	int round = 0, wrong = 0;
	bool was_wrong = false;

	while (round < TERMINAL_VIEWS_MAX && wrong < ANSWERS_MAX) {
		char *answer = NULL;
		enum reason reason;
		int rv = show(login, round, was_wrong, &answer);

		if (rv != GO_ON) {
			login->entry.reason = rv == PAM_BUF_ERR || rv == PAM_SYSTEM_ERR
			                              ? REASON_INTERNAL
			                              : REASON_NOBODY;
			return rv;
		}
		was_wrong = answer[0] != '\0';
		if (was_wrong)
			reason = judge(login, answer);
		else
			reason = deadline_left(login->deadline) == 0 ? REASON_EXPIRED
			                                             : REASON_NOBODY;
		secret_free_string(&answer);
		if (login->proved)
			return GO_ON;
		if (reason != REASON_NOBODY)
			return refuse(login, reason);
		if (was_wrong)
			wrong++;
		else
			round++;
	}
	return refuse(login, REASON_NOBODY);
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
	if (rv == GO_ON)
		rv = start(login);
	if (rv == GO_ON)
		rv = converse(login);
	if (login->proved)
		login->entry.reason = REASON_NONE;
	if (rv == GO_ON)
		rv = login->proved ? PAM_SUCCESS : PAM_AUTH_ERR;
	if (login->requester.user != NULL && rv != PAM_IGNORE)
		journal_login(pamh, &login->requester, &login->entry);
	child_stop(&login->child);
	qr_free(&login->qr);
	request_free(&login->request);
	users_free(&login->users);
	settings_finish(&login->settings);
	explicit_bzero(login, sizeof(*login));
	free(login);
	return rv;
}
