#include "result.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "deadline.h"
#include "decimal.h"
#include "display.h"
#include "login.h"
#include "metrics.h"
#include "page.h"
#include "pending_reply.h"
#include "reason.h"
#include "reply.h"
#include "request.h"
#include "token.h"
#include "visit.h"
#include "wire.h"

/* Returns the number of a ticket, or 0 if the string is not a number. */
static uint64_t parse_ticket(const char *string)
{
	int64_t number = decimal_parse_string(string, 1, INT64_MAX);

	return number < 0 ? 0 : (uint64_t)number;
}

static void copy_value(char *to, size_t size, const char *value)
{
	if (value != NULL)
		display_copy(to, size, value, strlen(value));
}

/*
 * Answers a ticket's browser if it still waits, or keeps the outcome for it. Its stage decides what
 * it learns.
 */
static void answer(const struct settings *settings, struct login *login, struct ticket *ticket,
	const struct outcome *outcome)
{
	struct visit visit = {.settings = settings, .login = login, .browser = ticket->browser};
	struct request request;

	if (ticket->pending_reply == NULL) {
		if (outcome->reason != REASON_NONE)
			login_keep_outcome(ticket->browser, outcome);
		return;
	}
	visit.page.language = ticket->pending_reply->language;
	pending_reply_release(&ticket->pending_reply, &request);
	visit.request = &request;
	if (login_stage(login, ticket->browser) != LOGIN_ASK) {
		visit_show(&visit);
		return;
	}
	page_show_outcome(&visit.page, outcome);
	visit_reply(&visit);
}

int result_take(const struct settings *settings, struct metrics *metrics, struct login *login,
	const struct wire_message *message)
{
	const char *pin = message->value[WIRE_PIN];
	enum reason reason = reason_parse(message->value[WIRE_REASON]);
	struct outcome outcome = {.reason = reason};
	struct ticket *ticket = login_find_ticket(login, parse_ticket(message->value[WIRE_TICKET]));

	if (ticket == NULL || (pin != NULL && reason != REASON_NONE) ||
		(pin != NULL && !token_is_pin(pin)))
		return -EBADMSG;
	if (reason == REASON_NONE && login_stage(login, ticket->browser) == LOGIN_ASK) {
		login_win(login, ticket->browser, pin, message->value[WIRE_NICKNAME]);
		metrics->completed++;
	}
	if (reason != REASON_NONE)
		metrics_refuse(metrics, reason);
	metrics_observe(metrics, deadline_now() - ticket->since_ms);
	copy_value(outcome.errcode, sizeof(outcome.errcode), message->value[WIRE_ERRCODE]);
	copy_value(outcome.rid, sizeof(outcome.rid), message->value[WIRE_RID]);
	answer(settings, login, ticket, &outcome);
	login_drop_ticket(login, ticket);
	return 0;
}

void result_answer_all(const struct settings *settings, struct login *login, int status)
{
	struct ticket *ticket;

	TAILQ_FOREACH(ticket, &login->tickets, entries)
	{
		struct request request;
		struct page page = {0};

		if (ticket->pending_reply == NULL)
			continue;
		page.language = ticket->pending_reply->language;
		pending_reply_release(&ticket->pending_reply, &request);
		if (status == 200)
			page_show_stage(&page, login, ticket->browser);
		else
			page_show_error(&page, status);
		reply_page(&request, settings, &page, NULL);
	}
}
