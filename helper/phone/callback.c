#include "callback.h"

#include <errno.h>
#include <string.h>

#include "deadline.h"
#include "login.h"
#include "logins.h"
#include "metrics.h"
#include "peer.h"
#include "pending_reply.h"
#include "query.h"
#include "reply.h"
#include "request.h"
#include "text.h"
#include "token.h"
#include "visit.h"
#include "wire.h"

#define DENIED "authdeny"
#define STATE_SIZE (WIRE_STATE_LENGTH + 1)
#define CODE_SIZE (REQUEST_CODE_MAX + 1)
#define LATE_MS 2000 /* a white page is taken for a broken one */

/*
 * Reads `code=C&state=T`; a person who refused comes without a code: `state=T`, or
 * `state=&code=authdeny&reason=T` (older clients). Returns 0; -EINVAL for what WeChat never sends;
 * or -ENOENT if that can be no login's state.
 */
static int read_query(const char *query, char state[STATE_SIZE], char code[CODE_SIZE])
{
	size_t length = strlen(query);
	int state_rv = query_get(query, length, "state", state, STATE_SIZE);
	int code_rv = query_get(query, length, "code", code, CODE_SIZE);

	if (state_rv == -EINVAL || code_rv == -EINVAL || code_rv == -ENOSPC)
		return -EINVAL;
	if (code_rv <= 0 || strcmp(code, DENIED) == 0)
		code[0] = '\0';
	else if (!token_is_code(code))
		return -EINVAL;
	if (state_rv == 0 && code_rv > 0 && code[0] == '\0')
		state_rv = query_get(query, length, "reason", state, STATE_SIZE);
	if (state_rv == -EINVAL)
		return -EINVAL;
	return state_rv > 0 && token_is_state(state) ? 0 : -ENOENT;
}

void callback_read(struct request *request, struct logins *logins)
{
	char state[STATE_SIZE];
	int rv = read_query(request_query(request), state, request->code);

	if (rv == 0) {
		request->login = logins_find_state(logins, state);
		request->finished = finished_find_state(&logins->finished, state);
	}
	request->is_bad_callback = rv == -EINVAL;
	explicit_bzero(state, sizeof(state));
}

/* WeChat takes long to answer: the browser learns that, and has its ticket still. */
static void on_late(struct pending_reply *pending_reply, const void *context)
{
	struct settings *const *settings = context;
	struct ticket *ticket = pending_reply->ticket;
	struct request request;
	struct visit visit = {.request = &request,
		.settings = *settings,
		.login = pending_reply->request.login,
		.browser = ticket->browser,
		.page = {.language = pending_reply->language}};

	pending_reply_release(&ticket->pending_reply, &request);
	visit_show(&visit);
}

/* Hands a code on, and holds the answer. */
static void hand_on(struct visit *visit, struct settings *const *settings, uint64_t *tickets)
{
	struct ticket *ticket = NULL;
	char number[24];
	int rv = login_issue_ticket(visit->login, visit->browser, *tickets + 1, &ticket);

	if (rv == 0)
		rv = text_format(
			number, sizeof(number), "%llu", (unsigned long long)ticket->number);
	if (rv == 0) {
		ticket->pending_reply = pending_reply_create(
			visit->request, visit->page.language, ticket, LATE_MS, on_late, settings);
		rv = ticket->pending_reply == NULL ? -ENOMEM : 0;
	}
	if (rv < 0) {
		if (ticket != NULL)
			login_drop_ticket(visit->login, ticket);
		reply_error(visit->request, visit->settings, rv == -ENOSPC ? 429 : 500);
		return;
	}
	login_drop_outcome(visit->browser);
	(*tickets)++;
	progress_reach(&visit->login->phone, PROGRESS_RETURNED);
	ticket->since_ms = deadline_now();
	peer_hand_on(visit->login->peer, number, visit->request->code);
}

static void show_cancelled(struct visit *visit)
{
	if (!visit_admit(visit)) {
		visit_show(visit);
		return;
	}
	if (visit->browser->approved) {
		progress_reach(&visit->login->phone, PROGRESS_RETURNED);
		peer_tell(visit->login->peer, WIRE_CANCELLED);
	}
	page_show_cancelled(&visit->page);
	visit_reply(visit);
}

/* Counts a callback that brought a code. */
static void count(struct metrics *metrics, struct login *login)
{
	metrics->callbacks++;
	if (login->callbacks++ > 0)
		metrics->repeats++;
}

void callback_get(struct request *request, struct settings *const *settings,
	struct metrics *metrics, uint64_t *tickets)
{
	struct visit visit;

	if (request->is_bad_callback) {
		reply_error(request, *settings, 400);
		return;
	}
	if (request->login == NULL) {
		visit_show_over(request, *settings);
		return;
	}
	if (request->is_head) {
		struct reply reply = {.status = 200, .type = "text/html; charset=utf-8"};

		reply_send(request, &reply);
		return;
	}
	if (request->code[0] != '\0')
		count(metrics, request->login);
	visit_begin(&visit, request, *settings);
	if (login_stage(visit.login, visit.browser) != LOGIN_ASK)
		visit_show(&visit);
	else if (request->code[0] == '\0')
		show_cancelled(&visit);
	else if (visit.browser == NULL || !visit.browser->approved)
		visit_show(&visit);
	else
		hand_on(&visit, settings, tickets);
}
