#include "callback.h"

#include <errno.h>
#include <string.h>

#include "deadline.h"
#include "helper.h"
#include "login.h"
#include "peer.h"
#include "pending_reply.h"
#include "query.h"
#include "random.h"
#include "reply.h"
#include "request.h"
#include "text.h"
#include "visit.h"
#include "wire.h"

#define CODE_BYTES 513
#define DENIED "authdeny"

struct callback {
	char state[WIRE_STATE_LENGTH + 1];
	char code[CODE_BYTES]; /* "": WeChat brought none */
};

/*
 * Reads `code=C&state=T`; a person who refused comes without a code: `state=T`, or
 * `state=&code=authdeny&reason=T` (older clients). Returns 0; -EINVAL for what WeChat never sends;
 * or -ENOENT if that can be no login's state.
 */
static int read_query(const char *query, struct callback *callback)
{
	size_t length = strlen(query);
	int state = query_get(query, length, "state", callback->state, sizeof(callback->state));
	int code = query_get(query, length, "code", callback->code, sizeof(callback->code));

	if (state == -EINVAL || code == -EINVAL || code == -ENOSPC)
		return -EINVAL;
	if (code <= 0 || strcmp(callback->code, DENIED) == 0)
		callback->code[0] = '\0';
	else if (!query_is_code(callback->code))
		return -EINVAL;
	if (state == 0 && code > 0 && callback->code[0] == '\0')
		state = query_get(
			query, length, "reason", callback->state, sizeof(callback->state));
	if (state == -EINVAL)
		return -EINVAL;
	return state > 0 && query_is_token(callback->state, WIRE_STATE_LENGTH, RANDOM_HEX)
	               ? 0
	               : -ENOENT;
}

/* Hands a code on, and holds the answer. */
static void hand_on(struct visit *visit, const char *code)
{
	struct helper *helper = visit->request->helper;
	struct ticket *ticket = NULL;
	char number[24];
	int rv = login_issue_ticket(visit->login, visit->browser, helper->tickets + 1, &ticket);

	if (rv == 0)
		rv = text_format(
			number, sizeof(number), "%llu", (unsigned long long)ticket->number);
	if (rv == 0) {
		ticket->pending_reply =
			pending_reply_create(visit->request, visit->page.language, ticket);
		rv = ticket->pending_reply == NULL ? -ENOMEM : 0;
	}
	if (rv < 0) {
		if (ticket != NULL)
			login_drop_ticket(visit->login, ticket);
		reply_error(visit->request, rv == -ENOSPC ? 429 : 500);
		return;
	}
	helper->tickets++;
	ticket->since_ms = deadline_now();
	peer_hand_on(visit->login->peer, number, code);
}

static void show_cancelled(struct visit *visit)
{
	if (!visit_admit(visit)) {
		visit_show(visit);
		return;
	}
	if (visit->browser->approved)
		peer_tell(visit->login->peer, WIRE_CANCELLED);
	page_show_cancelled(&visit->page);
	visit_reply(visit);
}

struct login *callback_find_login(const struct request *request)
{
	struct callback callback;
	struct login *login = NULL;

	if (read_query(request_query(request), &callback) == 0)
		login = logins_find_state(&request->helper->logins, callback.state);
	explicit_bzero(&callback, sizeof(callback));
	return login;
}

/* Counts a callback that brought a code. */
static void count(struct metrics *metrics, struct login *login)
{
	metrics->callbacks++;
	if (login->callbacks++ > 0)
		metrics->repeats++;
}

void callback_get(struct request *request)
{
	struct helper *helper = request->helper;
	struct callback callback;
	struct login *login = NULL;
	struct visit visit;
	int rv = read_query(request_query(request), &callback);

	if (rv == -EINVAL) {
		reply_error(request, 400);
		goto out;
	}
	if (rv == 0)
		login = logins_find_state(&helper->logins, callback.state);
	if (login == NULL) {
		visit_show_over(request,
			rv < 0 ? NULL
			       : finished_find_state(&helper->logins.finished, callback.state));
		goto out;
	}
	if (request->is_head) {
		struct reply reply = {.status = 200, .type = "text/html; charset=utf-8"};

		reply_send(request, &reply);
		goto out;
	}
	if (callback.code[0] != '\0')
		count(&helper->metrics, login);
	visit_begin(&visit, request, login);
	if (login_stage(login, visit.browser) != LOGIN_ASK)
		visit_show(&visit);
	else if (callback.code[0] == '\0')
		show_cancelled(&visit);
	else if (visit.browser == NULL || !visit.browser->approved)
		visit_show(&visit);
	else
		hand_on(&visit, callback.code);
out:
	explicit_bzero(&callback, sizeof(callback));
}
