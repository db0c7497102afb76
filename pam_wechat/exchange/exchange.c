#include "exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "api.h"
#include "codes.h"
#include "deadline.h"
#include "decimal.h"
#include "helper_link.h"
#include "inquiry.h"
#include "occasion.h"
#include "outlast.h"
#include "problem.h"
#include "progress.h"
#include "text.h"
#include "token.h"
#include "wire.h"

#define LOGIN_MS 5000        /* for the module to say what it wants */
#define FIRST_HELPER_MS 1500 /* for a helper that is just being restarted to come back */
#define LEFT_MS_MAX 9999999

struct exchange {
	int module;
	struct wire_inbox login; /* the module's LOGIN */
	bool enrols;             /* nobody is listed: whoever is named first is who is meant */
	struct deadline deadline;
	struct deadline helper_deadline; /* for the first REGISTERED */
	bool ready;
	bool refused; /* by the helper, for good */
	enum reason refusal;
	char refusal_detail[512];
	struct helper_link helper;
	enum progress phone;
	struct codes codes;
	struct api *api;
	struct inquiry inquiry; /* about the code in flight */
	char nickname[ANSWER_NICKNAME_MAX + 1];
	char matched[TOKEN_OPENID_MAX + 1];  /* whom the winning code named */
	char unlinked[TOKEN_OPENID_MAX + 1]; /* whom the last code named that may not pass */
	const char *advice;                  /* about the last failure */
};

/*
 * An enrolment is what its page says it is: no other login has this occasion. It always has digits,
 * for somebody has to say that it is the right phone, and no list. Returns 0 or -EBADMSG.
 */
static int recognise_enrolment(struct exchange *exchange)
{
	const char *const *value = exchange->login.message.value;

	exchange->enrols = strcmp(value[WIRE_OCCASION], occasion_word(OCCASION_ENROLL)) == 0;
	if (exchange->enrols && (value[WIRE_PIN] == NULL || value[WIRE_OPENIDS][0] != '\0'))
		return -EBADMSG;
	return 0;
}

static int receive_login(struct exchange *exchange)
{
	int rv = deadline_poll(deadline_in(LOGIN_MS), exchange->module, POLLIN);
	int64_t left_ms;

	if (rv == 0)
		rv = wire_receive(exchange->module, &exchange->login);
	if (rv < 0)
		return rv;
	if (exchange->login.message.verb != WIRE_LOGIN)
		return -EBADMSG;
	left_ms = decimal_parse_string(exchange->login.message.value[WIRE_LEFT_MS], 0, LEFT_MS_MAX);
	if (left_ms < 0)
		return -EBADMSG;
	exchange->deadline = deadline_in(left_ms);
	exchange->helper_deadline = deadline_in(FIRST_HELPER_MS);
	return recognise_enrolment(exchange);
}

/* Whether the login's list holds this openid: a whole word between the dots. */
static bool is_listed(const struct exchange *exchange, const char *openid)
{
	const char *at = exchange->login.message.value[WIRE_OPENIDS];
	size_t length = strlen(openid);

	while (*at != '\0') {
		size_t word = strcspn(at, ".");

		if (word == length && memcmp(at, openid, length) == 0)
			return true;
		at += word + (at[word] == '.');
	}
	return false;
}

/*
 * Whom WeChat has named may be shown the pin: returns REASON_NONE, or why not. There is one pin.
 * Whoever has seen it must be the one whom it stands for, even if the helper was restarted and has
 * forgotten who won.
 */
static enum reason judge(const struct exchange *exchange, const char *openid)
{
	if (!exchange->enrols && !is_listed(exchange, openid))
		return REASON_NOT_LINKED;
	if (exchange->matched[0] != '\0' && strcmp(exchange->matched, openid) != 0)
		return REASON_NOBODY;
	return REASON_NONE;
}

static int tell_refusal(
	struct exchange *exchange, enum reason reason, const struct code *code, const char *detail)
{
	struct wire_message message = {.verb = WIRE_REFUSED};

	message.value[WIRE_REASON] = reason_word(reason);
	if (code != NULL && code->errcode[0] != '\0')
		message.value[WIRE_ERRCODE] = code->errcode;
	if (code != NULL && code->rid[0] != '\0')
		message.value[WIRE_RID] = code->rid;
	if (detail != NULL && detail[0] != '\0')
		message.value[WIRE_DETAIL] = detail;
	if (reason == REASON_NOT_LINKED)
		message.value[WIRE_OPENID] = exchange->unlinked;
	return wire_send(exchange->module, &message);
}

/* Answers VERDICT?. Returns 0, or -errno: the module has gone. */
static int tell_verdict(struct exchange *exchange)
{
	const struct code *code = NULL;
	enum reason reason = codes_verdict(&exchange->codes, &code);

	if (reason == REASON_NONE) {
		struct wire_message message = {.verb = WIRE_IDENTITY};

		/* The module does not know this word: no enrolment is ever a login. */
		if (exchange->enrols)
			message.verb = WIRE_NAMED;
		message.value[WIRE_OPENID] = exchange->matched;
		if (exchange->nickname[0] != '\0')
			message.value[WIRE_NICKNAME] = exchange->nickname;
		return wire_send(exchange->module, &message);
	}
	if ((reason == REASON_NOBODY || reason == REASON_ASKING) && exchange->refused)
		return tell_refusal(exchange, exchange->refusal, NULL, exchange->refusal_detail);
	return tell_refusal(exchange, reason, code, code == NULL ? NULL : exchange->advice);
}

/* Hands on how the login ended. Returns -ESHUTDOWN: there is nothing left to do. */
static int hand_on_end(struct exchange *exchange, const struct wire_message *message)
{
	if (exchange->helper.registered)
		(void)wire_send(exchange->helper.fd, message);
	return -ESHUTDOWN;
}

static int tell_progress(struct exchange *exchange)
{
	struct wire_message message = {.verb = WIRE_THIS_FAR};

	message.value[WIRE_PHONE] = progress_word(exchange->phone);
	return wire_send(exchange->module, &message);
}

static int serve_module(struct exchange *exchange)
{
	struct wire_inbox inbox;
	int rv = wire_receive(exchange->module, &inbox);

	if (rv == 0 && inbox.message.verb == WIRE_ENDED)
		rv = hand_on_end(exchange, &inbox.message);
	else if (rv == 0 && inbox.message.verb == WIRE_HOW_FAR)
		rv = tell_progress(exchange);
	else if (rv == 0)
		rv = inbox.message.verb == WIRE_VERDICT ? tell_verdict(exchange) : -EBADMSG;
	wire_inbox_wipe(&inbox);
	return rv;
}

/* The connection has failed: what it was to be told means nothing to the next one. */
static void lose_helper(struct exchange *exchange, const char *why)
{
	helper_link_lose(&exchange->helper, why);
	codes_forget_tickets(&exchange->codes);
}

/* Tells the helper what became of the callbacks that it holds. */
static void send_result(
	struct exchange *exchange, const char *ticket, const struct code *code, enum reason reason)
{
	struct wire_message message = {.verb = WIRE_RESULT};
	int rv;

	message.value[WIRE_TICKET] = ticket;
	message.value[WIRE_REASON] = reason_word(reason);
	if (reason == REASON_NONE)
		message.value[WIRE_PIN] = exchange->login.message.value[WIRE_PIN];
	if (reason == REASON_NONE && exchange->nickname[0] != '\0')
		message.value[WIRE_NICKNAME] = exchange->nickname;
	if (code != NULL && code->errcode[0] != '\0')
		message.value[WIRE_ERRCODE] = code->errcode;
	if (code != NULL && code->rid[0] != '\0')
		message.value[WIRE_RID] = code->rid;
	rv = wire_send(exchange->helper.fd, &message);
	if (rv < 0)
		lose_helper(exchange, strerror(-rv));
}

static void settle_tickets(struct exchange *exchange)
{
	const struct code *code = NULL;
	struct ticket ticket;
	enum reason reason;

	while (exchange->helper.fd >= 0 &&
		codes_take_settled(&exchange->codes, &ticket, &code, &reason))
		send_result(exchange, ticket.number, code, reason);
}

/* Judges whom WeChat named for the code in flight. */
static void take_answer(struct exchange *exchange, const struct answer *answer)
{
	enum reason reason = answer->reason;
	char errcode[16] = "";

	if (reason == REASON_NONE)
		reason = judge(exchange, answer->openid);
	if (reason == REASON_NONE) {
		memcpy(exchange->matched, answer->openid, sizeof(exchange->matched));
		memcpy(exchange->nickname, answer->nickname, sizeof(exchange->nickname));
		api_warm_no_more(exchange->api);
	} else if (reason == REASON_NOT_LINKED) {
		memcpy(exchange->unlinked, answer->openid, sizeof(exchange->unlinked));
	}
	if (answer->errcode != 0 &&
		text_format(errcode, sizeof(errcode), "%lld", (long long)answer->errcode) < 0)
		errcode[0] = '\0';
	exchange->advice = answer->advice;
	codes_finish_current(&exchange->codes, reason, errcode, answer->rid);
}

/* Begins to ask about a code, which may have waited until its time was over. */
static void ask(struct exchange *exchange, const struct code *code)
{
	struct deadline deadline = code->deadline;

	if (deadline.at_ms > exchange->deadline.at_ms)
		deadline = exchange->deadline;
	if (deadline_left(deadline) == 0) {
		exchange->advice = "WeChat's API took too long over the code before this one";
		codes_finish_current(&exchange->codes, REASON_UNREACHABLE, "", "");
	} else if (inquiry_start(&exchange->inquiry, code->value, deadline) < 0) {
		exchange->advice = "out of memory";
		codes_finish_current(&exchange->codes, REASON_INTERNAL, "", "");
	}
}

/* Goes on until everything waits for the network: nothing else wakes the next api_wait(). */
static void serve_inquiry(struct exchange *exchange)
{
	struct answer answer;
	const struct code *code;

	do {
		if (inquiry_step(&exchange->inquiry, &answer)) {
			take_answer(exchange, &answer);
			explicit_bzero(&answer, sizeof(answer));
		}
		code = codes_start_next(&exchange->codes);
		if (code != NULL)
			ask(exchange, code);
	} while (code != NULL);
}

/* What a helper may reject a login for: it faces the Internet, and speaks for nobody else. */
static enum reason reason_of_rejection(const char *word)
{
	enum reason reason = reason_of_refusal(word);

	return reason == REASON_FULL || reason == REASON_REJECTED || reason == REASON_HELPER
	               ? reason
	               : REASON_INTERNAL;
}

/* The helper will not have this login: before READY the module hears it at once. */
static int take_rejection(struct exchange *exchange, const struct wire_message *message)
{
	const char *detail = message->value[WIRE_DETAIL];

	exchange->refused = true;
	exchange->refusal = reason_of_rejection(message->value[WIRE_REASON]);
	if (detail != NULL && text_format(exchange->refusal_detail,
				      sizeof(exchange->refusal_detail), "%s", detail) < 0)
		exchange->refusal_detail[0] = '\0';
	helper_link_finish(&exchange->helper);
	api_warm_no_more(exchange->api);
	if (exchange->ready)
		return 0;
	(void)tell_refusal(exchange, exchange->refusal, NULL, exchange->refusal_detail);
	return -ECONNREFUSED;
}

static int take_registered(struct exchange *exchange, const struct wire_message *message)
{
	struct wire_message ready = {.verb = WIRE_READY};

	exchange->helper.registered = true;
	if (exchange->ready)
		return 0;
	exchange->ready = true;
	ready.value[WIRE_LINK] = exchange->login.message.value[WIRE_LINK];
	ready.value[WIRE_INSTANCE] = message->value[WIRE_INSTANCE];
	return wire_send(exchange->module, &ready);
}

static void take_code(struct exchange *exchange, const struct wire_message *message)
{
	const char *ticket = message->value[WIRE_TICKET];
	enum reason reason = codes_add(&exchange->codes, ticket, message->value[WIRE_CODE_VALUE]);

	if (reason != REASON_NOBODY)
		send_result(exchange, ticket, NULL, reason);
}

static void note_progress(struct exchange *exchange, enum wire_verb verb)
{
	if (verb == WIRE_OPENED)
		progress_reach(&exchange->phone, PROGRESS_OPENED);
	else if (verb == WIRE_CONTINUED)
		progress_reach(&exchange->phone, PROGRESS_CONTINUED);
	else if (verb == WIRE_CODE || verb == WIRE_CANCELLED)
		progress_reach(&exchange->phone, PROGRESS_RETURNED);
}

static void take_report(struct exchange *exchange)
{
	codes_report(&exchange->codes);
	api_warm_no_more(exchange->api);
}

/* Takes one message of the helper. Returns 0, or -errno: this login is over. */
static int take_message(struct exchange *exchange, const struct wire_message *message)
{
	if (message->verb == WIRE_REJECTED)
		return take_rejection(exchange, message);
	if (message->verb == WIRE_REGISTERED && !exchange->helper.registered)
		return take_registered(exchange, message);
	note_progress(exchange, message->verb);
	if (message->verb == WIRE_OPENED && exchange->helper.registered)
		api_warm(exchange->api);
	else if (message->verb == WIRE_CODE && exchange->helper.registered)
		take_code(exchange, message);
	else if (message->verb == WIRE_REPORTED && exchange->helper.registered)
		take_report(exchange);
	else if (message->verb != WIRE_CANCELLED && message->verb != WIRE_CONTINUED)
		lose_helper(exchange, "the helper sent an unexpected message");
	return 0;
}

/* As take_message(), for the message that comes in, if one does. */
static int serve_helper(struct exchange *exchange)
{
	struct wire_inbox inbox;
	int rv = wire_receive(exchange->helper.fd, &inbox);

	if (rv < 0 && rv != -EAGAIN)
		lose_helper(exchange, strerror(-rv));
	rv = rv == 0 ? take_message(exchange, &inbox.message) : 0;
	wire_inbox_wipe(&inbox);
	return rv;
}

/* Connects to the helper when that is due. Returns 0, or -errno: this login cannot begin. */
static int reach_helper(struct exchange *exchange)
{
	struct helper_link *helper = &exchange->helper;

	if (helper->fd < 0 && !exchange->refused && helper_link_wait_ms(helper) == 0)
		(void)helper_link_connect(
			helper, &exchange->login.message, exchange->phone, exchange->deadline);
	if (exchange->ready || deadline_left(exchange->helper_deadline) > 0)
		return 0;
	(void)tell_refusal(exchange, helper->is_there ? REASON_HELPER_SILENT : REASON_HELPER, NULL,
		helper->problem.text);
	return -ETIMEDOUT;
}

static int loop(struct exchange *exchange)
{
	int rv = 0;

	while (rv == 0 && deadline_left(exchange->deadline) > 0) {
		struct pollfd wanted[2] = {{.fd = exchange->module, .events = POLLIN},
			{.fd = exchange->helper.fd, .events = POLLIN}};
		int wait_ms = deadline_left(exchange->deadline);
		int retry_ms = helper_link_wait_ms(&exchange->helper);
		int again_ms = inquiry_wait_ms(&exchange->inquiry);

		if (retry_ms >= 0 && retry_ms < wait_ms && !exchange->refused)
			wait_ms = retry_ms;
		if (again_ms >= 0 && again_ms < wait_ms)
			wait_ms = again_ms;
		if (!exchange->ready && deadline_left(exchange->helper_deadline) < wait_ms)
			wait_ms = deadline_left(exchange->helper_deadline);
		api_wait(exchange->api, wanted, 2, wait_ms);
		/* A report that is there already counts before the module's question. */
		if (wanted[1].revents != 0)
			rv = serve_helper(exchange);
		else if (wanted[0].revents != 0)
			rv = serve_module(exchange);
		if (rv == 0)
			rv = reach_helper(exchange);
		serve_inquiry(exchange);
		settle_tickets(exchange);
	}
	return rv;
}

/* Whether somebody wants to sign in: enrolments and checks leave no line. */
static bool signs_in(const struct exchange *exchange)
{
	return !exchange->enrols && strcmp(exchange->login.message.value[WIRE_OCCASION],
					    occasion_word(OCCASION_DOCTOR)) != 0;
}

/* Takes from a login that ended so, 0 for its deadline, what has to outlast it. */
static void leave_remains(struct exchange *exchange, int end, struct remains *remains)
{
	const char *const *value = exchange->login.message.value;
	const char *link = value[WIRE_LINK];
	struct wire_message ended = {.verb = WIRE_ENDED};

	if (!exchange->ready || !signs_in(exchange))
		return;
	ended.value[WIRE_REASON] = reason_word(end == 0 ? REASON_EXPIRED : REASON_INTERNAL);
	if (end == 0)
		remains->duty = REMAINS_TO_WAIT;
	else if (end == -ECONNRESET && !exchange->helper.registered)
		remains->duty = REMAINS_TO_REPORT;
	/* Without it the helper takes the end of the connection for the module's death. */
	if (end != -ECONNRESET && end != -ESHUTDOWN && exchange->helper.registered)
		(void)wire_send(exchange->helper.fd, &ended);
	remains->phone = exchange->phone;
	if (text_format(remains->socket, sizeof(remains->socket), "%s", value[WIRE_SOCKET]) < 0 ||
		strlen(link) < WIRE_LINK_LENGTH)
		remains->duty = REMAINS_NOTHING;
	else
		memcpy(remains->name, link + strlen(link) - WIRE_LINK_LENGTH, WIRE_NAME_LENGTH);
}

int exchange_run(int module)
{
	struct exchange *exchange = calloc(1, sizeof(*exchange));
	const char *const *value = NULL;
	struct problem problem = {""};
	struct remains remains = {.duty = REMAINS_NOTHING};
	int rv = -ENOMEM;

	if (exchange == NULL)
		return rv;
	exchange->module = module;
	helper_link_init(&exchange->helper);
	codes_init(&exchange->codes);
	rv = receive_login(exchange);
	if (rv < 0)
		goto out;
	value = exchange->login.message.value;
	rv = api_create(&exchange->api, value[WIRE_API_URL], value[WIRE_OTHER_API_URL],
		value[WIRE_CA_FILE], value[WIRE_PROXY], &problem);
	if (rv < 0) {
		(void)tell_refusal(exchange, rv == -ENOMEM ? REASON_INTERNAL : REASON_SETUP, NULL,
			problem.text);
		goto out;
	}
	inquiry_init(&exchange->inquiry, exchange->api, value[WIRE_APPID], value[WIRE_SECRET],
		strcmp(value[WIRE_SCOPE], "snsapi_userinfo") == 0);
	/* Whatever ends the loop is an end: the module has gone, or was told. */
	leave_remains(exchange, loop(exchange), &remains);
out:
	helper_link_finish(&exchange->helper);
	inquiry_finish(&exchange->inquiry);
	api_free(&exchange->api);
	codes_finish(&exchange->codes);
	explicit_bzero(exchange, sizeof(*exchange));
	free(exchange);
	outlast(module, &remains);
	return rv;
}
