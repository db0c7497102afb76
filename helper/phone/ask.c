#include "ask.h"

#include <errno.h>
#include <string.h>

#include "address.h"
#include "connection.h"
#include "log.h"
#include "login.h"
#include "metrics.h"
#include "peer.h"
#include "query.h"
#include "reply.h"
#include "request.h"
#include "result.h"
#include "visit.h"

enum choice {
	CHOICE_CONTINUE,
	CHOICE_REFUSE,
};

void ask_get(struct request *request, const struct settings *settings)
{
	struct visit visit;

	if (request->login == NULL) {
		visit_show_over(request, settings);
		return;
	}
	if (request->is_head) {
		struct reply reply = {.status = 200, .type = "text/html; charset=utf-8"};

		reply_send(request, &reply);
		return;
	}
	visit_begin(&visit, request, settings);
	visit_show(&visit);
}

/* Returns 0, -EINVAL for what is no such form, or -EACCES without a token. */
static int read_form(
	const struct request *request, char token[LOGIN_TOKEN_LENGTH + 1], enum choice *choice)
{
	char form[CONNECTION_BODY_MAX + 1];
	char word[16];
	int length = request_form(request, form, sizeof(form));
	int rv = -EINVAL;

	if (length < 0)
		return -EINVAL;
	if (query_get(form, (size_t)length, "choice", word, sizeof(word)) < 0)
		goto out;
	if (strcmp(word, "continue") == 0)
		*choice = CHOICE_CONTINUE;
	else if (strcmp(word, "refuse") == 0)
		*choice = CHOICE_REFUSE;
	else
		goto out;
	rv = query_get(form, (size_t)length, "token", token, LOGIN_TOKEN_LENGTH + 1);
	if (rv == -EINVAL)
		goto out;
	rv = rv == LOGIN_TOKEN_LENGTH ? 0 : -EACCES;
out:
	explicit_bzero(form, sizeof(form));
	return rv;
}

static void go_on(struct visit *visit)
{
	struct reply reply = {
		.status = 303,
		.type = "text/plain",
		.location = visit->login->authorize_url,
		.form_origin = visit->login->authorize_origin,
	};

	visit->browser->approved = true;
	visit_count(visit);
	if (visit->login->phone < PROGRESS_CONTINUED) {
		visit->login->phone = PROGRESS_CONTINUED;
		peer_tell(visit->login->peer, WIRE_CONTINUED);
	}
	login_drop_outcome(visit->browser);
	reply_send(visit->request, &reply);
}

static void refuse(struct visit *visit, struct metrics *metrics)
{
	struct login *login = visit->login;
	char address[INET6_ADDRSTRLEN];
	struct in6_addr client;

	request_client(visit->request, visit->settings, &client);
	address_show(&client, address);
	log_line("login=%.6s refused: \"This isn't me\", from %s", login->id, address);
	login_report(login);
	metrics->reported++;
	peer_tell(login->peer, WIRE_REPORTED);
	result_answer_all(visit->settings, login, 200);
	visit_show(visit);
}

void ask_post(struct request *request, const struct settings *settings, struct metrics *metrics)
{
	struct login *login = request->login;
	enum choice choice = CHOICE_CONTINUE;
	char token[LOGIN_TOKEN_LENGTH + 1];
	struct visit visit;
	int rv;

	if (login == NULL) {
		visit_show_over(request, settings);
		return;
	}
	visit_begin(&visit, request, settings);
	rv = read_form(request, token, &choice);
	if (rv == -EINVAL)
		reply_error(request, settings, 400);
	else if (rv < 0 || visit.browser == NULL || login->reported ||
		 !login_is_token(visit.browser, token))
		visit_show(&visit);
	else if (choice == CHOICE_REFUSE)
		refuse(&visit, metrics);
	else if (login_stage(login, visit.browser) == LOGIN_ASK &&
		 !login_is_asking(login, visit.browser))
		go_on(&visit);
	else
		visit_show(&visit);
	explicit_bzero(token, sizeof(token));
}
