#include "verdict.h"

#include "child.h"
#include "login.h"
#include "pin.h"
#include "request.h"
#include "text.h"
#include "users.h"
#include "wire.h"

#define VERDICT_MS 2000 /* for the child to say what it knows already */

static void copy_value(char *to, size_t size, const char *value)
{
	if (value != NULL)
		(void)text_format(to, size, "%s", value);
}

enum reason verdict_note_refusal(struct login *login, const struct wire_message *message)
{
	struct journal_entry *entry = &login->entry;
	enum reason reason = reason_parse(message->value[WIRE_REASON]);

	copy_value(entry->errcode, sizeof(entry->errcode), message->value[WIRE_ERRCODE]);
	copy_value(entry->rid, sizeof(entry->rid), message->value[WIRE_RID]);
	copy_value(entry->detail, sizeof(entry->detail), message->value[WIRE_DETAIL]);
	/* So that an administrator can link the account: an openid opens nothing by itself. */
	if (message->value[WIRE_OPENID] != NULL && entry->reason != reason)
		journal_debug(login->pamh, login->settings.debug, entry->login,
			"WeChat named the openid ", message->value[WIRE_OPENID]);
	entry->reason = reason == REASON_NONE ? REASON_INTERNAL : reason;
	return entry->reason;
}

/* Reads the users table anew: the administrator may have taken the line out in the meantime. */
static enum reason find_link(struct login *login, const struct wire_message *identity)
{
	struct users *users = NULL;
	enum reason reason = REASON_NOT_LINKED;
	int rv = users_read(login->settings.users_file, &users, &login->problem);

	if (rv < 0) {
		reason = login_report_problem(login, rv);
	} else if (users_has_link(users, identity->value[WIRE_OPENID], login->requester.user)) {
		reason = REASON_NONE;
		login->proved = true;
		copy_value(
			login->nickname, sizeof(login->nickname), identity->value[WIRE_NICKNAME]);
	}
	users_free(&users);
	return reason;
}

static enum reason judge(struct login *login, const struct wire_message *verdict, const char *typed)
{
	if (verdict->verb == WIRE_REFUSED)
		return verdict_note_refusal(login, verdict);
	if (verdict->verb != WIRE_IDENTITY)
		return REASON_INTERNAL;
	if (!login->waits && !pin_matches(login->request->pin, typed))
		return REASON_NOBODY;
	return find_link(login, verdict);
}

enum reason verdict_ask(struct login *login, const char *typed)
{
	const struct wire_message question = {.verb = WIRE_VERDICT};
	enum reason reason = REASON_INTERNAL;
	struct wire_inbox inbox;
	int rv = child_ask(&login->child, &question, &inbox, deadline_in(VERDICT_MS));

	if (deadline_left(login->deadline) == 0)
		reason = REASON_EXPIRED;
	else if (rv < 0)
		journal_problem(login->pamh, "the exchange of this login is gone or stuck");
	else
		reason = judge(login, &inbox.message, typed);
	wire_inbox_wipe(&inbox);
	return reason;
}
