#include "verdict.h"

#include <string.h>

#include "attempt.h"
#include "display.h"
#include "login.h"
#include "pin.h"
#include "request.h"
#include "text.h"
#include "token.h"
#include "users.h"
#include "wire.h"

static void copy_value(char *to, size_t size, const char *value)
{
	if (value != NULL)
		(void)text_format(to, size, "%s", value);
}

/* It opens nothing by itself; but it is somebody's, and they may not want it in a log. */
static void note_openid(struct login *login, const char *openid)
{
	if (login->settings.log_openid && openid != NULL && token_is_openid(openid))
		copy_value(login->entry.openid, sizeof(login->entry.openid), openid);
}

enum reason verdict_note_refusal(struct login *login, const struct wire_message *message)
{
	struct journal_entry *entry = &login->entry;
	enum reason reason = reason_of_refusal(message->value[WIRE_REASON]);

	copy_value(entry->errcode, sizeof(entry->errcode), message->value[WIRE_ERRCODE]);
	copy_value(entry->rid, sizeof(entry->rid), message->value[WIRE_RID]);
	copy_value(entry->detail, sizeof(entry->detail), message->value[WIRE_DETAIL]);
	if (reason == REASON_NOT_LINKED)
		note_openid(login, message->value[WIRE_OPENID]);
	entry->reason = reason;
	return reason;
}

/* The child has made it fit to be shown; but the child reads what WeChat and the helper say. */
static void keep_nickname(struct login *login, const char *nickname)
{
	if (nickname != NULL)
		display_copy(login->nickname, sizeof(login->nickname), nickname, strlen(nickname));
}

/* Reads the users table anew: the administrator may have taken the line out in the meantime. */
static enum reason find_link(struct login *login, const struct wire_message *identity)
{
	const char *openid = identity->value[WIRE_OPENID], *comment;
	struct users *users = NULL;
	enum reason reason = REASON_NOT_LINKED;
	int rv = users_read(login->settings.users_file, &users, &login->problem);

	if (rv < 0) {
		reason = login_report_problem(login, rv);
	} else if (!requester_is_same(&login->requester, login->pamh)) {
		/* The phone has seen another name than the one that would get in. */
		journal_problem(login->pamh, "PAM_USER was changed while the login waited");
		reason = REASON_INTERNAL;
	} else if (users_has_link(users, openid, login->requester.user)) {
		reason = REASON_NONE;
		login->proved = true;
		comment = users_comment_of(users, openid);
		if (login->settings.log_openid)
			display_copy(login->entry.who, sizeof(login->entry.who), comment,
				strlen(comment));
		keep_nickname(login, identity->value[WIRE_NICKNAME]);
	}
	users_free(&users);
	if (reason == REASON_NONE || reason == REASON_NOT_LINKED)
		note_openid(login, openid);
	return reason;
}

enum reason verdict_ask(struct login *login, const char *typed)
{
	struct wire_inbox inbox;
	enum reason reason = attempt_ask(&login->attempt, WIRE_IDENTITY, &inbox);

	if (login->attempt.is_gone)
		journal_problem(login->pamh, "the exchange of this login is gone or stuck");
	else if (inbox.message.verb == WIRE_REFUSED)
		(void)verdict_note_refusal(login, &inbox.message);
	if (reason == REASON_NONE && !login->waits &&
		!pin_matches(login->attempt.request->pin, typed)) {
		login->guessed = true;
		reason = REASON_NOBODY;
	}
	if (reason == REASON_NONE)
		reason = find_link(login, &inbox.message);
	wire_inbox_wipe(&inbox);
	return reason;
}
