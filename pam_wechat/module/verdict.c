#include "verdict.h"

#include <errno.h>
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

/*
 * Why somebody is not linked whom WeChat named: also if the table binds them to this name, but with
 * the uid of another account, which the log then says.
 */
static enum reason find_why_unlinked(
	struct login *login, const struct users *users, const char *openid)
{
	const struct requester *requester = &login->requester;
	struct journal_entry *entry = &login->entry;
	char has[128];
	uid_t bound;

	if (!users_find_link(users, openid, requester->user, &bound) || bound == USERS_NO_UID)
		return REASON_NOT_LINKED;
	if (requester->look_up == 0)
		(void)text_format(
			has, sizeof(has), "the account has uid %u", requester->account.uid);
	else if (requester->look_up == -ENOENT)
		(void)text_format(has, sizeof(has), "there is no such account");
	else
		(void)text_format(has, sizeof(has), "the account cannot be looked up: %s",
			strerror(-requester->look_up));
	(void)text_format(entry->detail, sizeof(entry->detail),
		"the users table names uid %u, and %s: pam-wechat users check", bound, has);
	return REASON_OTHER_UID;
}

enum reason verdict_note_refusal(struct login *login, const struct wire_message *message)
{
	struct journal_entry *entry = &login->entry;
	enum reason reason = reason_of_refusal(message->value[WIRE_REASON]);

	copy_value(entry->errcode, sizeof(entry->errcode), message->value[WIRE_ERRCODE]);
	copy_value(entry->rid, sizeof(entry->rid), message->value[WIRE_RID]);
	copy_value(entry->detail, sizeof(entry->detail), message->value[WIRE_DETAIL]);
	if (reason == REASON_NOT_LINKED && message->value[WIRE_OPENID] != NULL)
		reason = find_why_unlinked(login, login->users, message->value[WIRE_OPENID]);
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

/*
 * Reads the users table anew, and looks the user up anew: the administrator may have taken the line
 * or the account out in the meantime.
 */
static enum reason find_link(struct login *login, const struct wire_message *identity)
{
	const char *openid = identity->value[WIRE_OPENID], *comment;
	struct requester *requester = &login->requester;
	struct users *users = NULL;
	enum reason reason = REASON_NOT_LINKED;
	int rv = users_read(login->settings.users_file, &users, &login->problem);

	requester_look_up(requester);
	if (rv < 0) {
		reason = login_report_problem(login, rv);
	} else if (!requester_is_same(requester, login->pamh)) {
		/* The phone has seen another name than the one that would get in. */
		journal_problem(login->pamh, "PAM_USER was changed while the login waited");
		reason = REASON_INTERNAL;
	} else if (users_has_link(users, openid, requester->user, requester_uid(requester))) {
		reason = REASON_NONE;
		login->proved = true;
		comment = users_comment_of(users, openid);
		if (login->settings.log_openid)
			display_copy(login->entry.who, sizeof(login->entry.who), comment,
				strlen(comment));
		keep_nickname(login, identity->value[WIRE_NICKNAME]);
	} else {
		reason = find_why_unlinked(login, users, openid);
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
		reason = verdict_note_refusal(login, &inbox.message);
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
