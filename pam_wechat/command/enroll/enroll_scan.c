#include "enroll_scan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "attempt.h"
#include "deadline.h"
#include "display.h"
#include "messages.h"
#include "pin.h"
#include "ascii.h"
#include "problem.h"
#include "prompt.h"
#include "qr.h"
#include "request.h"
#include "requester.h"
#include "secret.h"
#include "settings.h"
#include "terminal.h"
#include "text.h"
#include "token.h"

#define TRIES_MAX 3
#define LOOK_MS 250 /* between two looks at what the phone has done */

struct scanning {
	struct enroll_scan *scan;
	struct requester requester;
	struct attempt attempt;
	struct qr *qr;
	int round;         /* of the pictures */
	int wrong;         /* digits */
	enum reason known; /* by the last verdict */
	char cause[512];   /* what the exchange said about it, for the administrator */
};

static void describe_requester(struct requester *requester, const char *user)
{
	const struct origin_facts here = {.rhost = "", .tty = "", .uid = getuid()};

	*requester = (struct requester){
		.user = user,
		.service = "",
		.rhost = "",
		.tty = "",
		.shown_service = "pam-wechat",
		.occasion = OCCASION_ENROLL,
	};
	display_name(requester->shown_user, user);
	origin_choose(&here, requester->origin);
}

/* Keeps what the message says beside its reason. */
static void note_cause(struct scanning *scanning, const struct wire_message *message)
{
	const char *errcode = message->value[WIRE_ERRCODE];
	const char *rid = message->value[WIRE_RID];
	const char *detail = message->value[WIRE_DETAIL];
	char whole[1024];
	struct text text;

	text_init(&text, whole, sizeof(whole));
	if (errcode != NULL)
		text_addf(&text, "WeChat's error code %s. ", errcode);
	if (rid != NULL)
		text_addf(&text, "WeChat's request id %s. ", rid);
	text_add(&text, detail == NULL ? "" : detail);
	display_copy(scanning->cause, sizeof(scanning->cause), whole, strlen(whole));
}

static void tell(const struct scanning *scanning, enum reason reason)
{
	(void)fflush(stdout);
	fprintf(stderr, "%s\n", message_refusal(reason, LANG_EN));
	if (scanning->cause[0] != '\0')
		fprintf(stderr, "  %s\n", scanning->cause);
	if (reason == REASON_HELPER)
		fprintf(stderr, "  The helper has to run first: "
				"systemctl start pam-wechat-helper.socket pam-wechat-helper\n");
}

static enum reason tell_problem(int error, const struct problem *problem)
{
	(void)fflush(stdout);
	fprintf(stderr, "pam-wechat enroll: %s\n", problem->text);
	return error == -ENOMEM ? REASON_MEMORY : REASON_SETUP;
}

/* Returns REASON_NONE, or why it could not begin, after saying so. */
static enum reason start(struct scanning *scanning)
{
	const struct settings *settings = scanning->scan->settings;
	struct problem problem = {.text = ""};
	enum reason reason = REASON_NONE;
	struct wire_inbox inbox;
	int rv = attempt_begin(
		&scanning->attempt, settings, &scanning->requester, NULL, false, &inbox, &problem);

	if (rv == 0 && qr_create(scanning->attempt.request->link, &scanning->qr) < 0)
		rv = problem_set(&problem, -ENOMEM, "the QR code could not be made");
	if (rv == -ECONNREFUSED) {
		reason = reason_of_refusal(inbox.message.value[WIRE_REASON]);
		note_cause(scanning, &inbox.message);
		tell(scanning, reason);
	} else if (rv < 0) {
		reason = tell_problem(rv, &problem);
	}
	wire_inbox_wipe(&inbox);
	return reason;
}

static void ask_for_digits(void)
{
	printf("Digits on the phone: ");
}

static void draw(const struct scanning *scanning)
{
	const struct settings *settings = scanning->scan->settings;
	bool is_utf8 = settings->charset == CHARSET_UTF8;
	struct terminal_view view =
		terminal_view_at(is_utf8 && ascii_is_wanted() ? CHARSET_ASCII : settings->charset,
			settings->invert, scanning->round % TERMINAL_VIEWS_MAX);
	struct secret *screen = secret_create(TERMINAL_SCREEN_MAX);
	struct text text;

	/* Without a picture there is the link. */
	if (screen == NULL)
		return;
	text_init(&text, screen->bytes, screen->size);
	terminal_draw(&text, scanning->qr, view);
	(void)fputs(screen->bytes, stdout);
	if (view.picture == PICTURE_ASCII)
		printf("WeChat reads this from farther away than usual.\n");
	secret_free(&screen);
}

static void show(const struct scanning *scanning)
{
	const char *user = scanning->requester.shown_user;
	const char *link = scanning->attempt.request->link;
	time_t at = time(NULL) + (deadline_left(scanning->attempt.deadline) + 999) / 1000;
	char until[16] = "";
	struct tm parts;

	if (localtime_r(&at, &parts) != NULL)
		(void)strftime(until, sizeof(until), "%H:%M:%S", &parts);
	if (scanning->scan->link_alone) {
		printf("Send this link to %s, who opens it in WeChat and taps Continue:\n\n"
		       "    %s\n\n"
		       "Whoever opens it first can answer. So take the digits by telephone, from a "
		       "voice\nthat you know. The link works for %d minutes, until %s; Ctrl-C "
		       "gives up.\n",
			user, link, ENROLL_LINK_SECONDS / 60, until);
	} else {
		draw(scanning);
		printf("Let %s scan this with WeChat, tap Continue, and read you the four digits.\n"
		       "%s\n"
		       "Works until %s. Enter shows it another way, Ctrl-C gives up.\n",
			user, link, until);
	}
	ask_for_digits();
}

/* Keeps whom WeChat has named. Returns REASON_NONE or REASON_INTERNAL. */
static enum reason take_name(struct enroll_scan *scan, const struct wire_message *named)
{
	const char *nickname = named->value[WIRE_NICKNAME];

	if (!token_is_openid(named->value[WIRE_OPENID]))
		return REASON_INTERNAL;
	(void)text_format(scan->openid, sizeof(scan->openid), "%s", named->value[WIRE_OPENID]);
	scan->nickname[0] = '\0';
	if (nickname != NULL)
		display_copy(scan->nickname, sizeof(scan->nickname), nickname, strlen(nickname));
	return REASON_NONE;
}

/* Asks the child. Returns REASON_NONE if WeChat has named somebody. */
static enum reason ask_verdict(struct scanning *scanning)
{
	struct wire_inbox inbox;
	enum reason reason = attempt_ask(&scanning->attempt, WIRE_NAMED, &inbox);

	scanning->cause[0] = '\0';
	if (inbox.message.verb == WIRE_REFUSED)
		note_cause(scanning, &inbox.message);
	if (reason == REASON_NONE)
		reason = take_name(scanning->scan, &inbox.message);
	wire_inbox_wipe(&inbox);
	return reason;
}

/* Says what has changed on the phone since the last verdict. */
static void remark(struct scanning *scanning, enum reason reason)
{
	if (reason == scanning->known)
		return;
	scanning->known = reason;
	if (reason == REASON_NOBODY)
		return;
	printf("\n");
	if (reason == REASON_NONE)
		printf("WeChat knows the person: the phone shows the digits now.\n");
	else
		tell(scanning, reason);
	ask_for_digits();
}

/* Judges what was typed while this is known. Returns whether it is the pin. */
static bool judge(struct scanning *scanning, const char *typed)
{
	if (typed[0] == '\0') {
		scanning->round++;
		show(scanning);
		return false;
	}
	if (scanning->known != REASON_NONE) {
		printf("No phone has got that far yet.\n");
		ask_for_digits();
		return false;
	}
	if (pin_matches(scanning->attempt.request->pin, typed))
		return true;
	if (++scanning->wrong < TRIES_MAX) {
		printf("Those are not the digits on the phone.\n");
		ask_for_digits();
	}
	return false;
}

static enum reason converse(struct scanning *scanning)
{
	char typed[PROMPT_LINE_MAX];
	bool matches = false;

	show(scanning);
	while (scanning->wrong < TRIES_MAX) {
		int rv = prompt_next(scanning->scan->prompt, LOOK_MS, typed);
		enum reason reason;

		if (rv < 0)
			return REASON_INTERRUPTED;
		/* Anew, even if somebody was named before: the phone may have refused since. */
		reason = ask_verdict(scanning);
		if (reason != REASON_NONE && !reason_is_temporary(reason)) {
			printf("\n");
			tell(scanning, reason);
			return reason;
		}
		remark(scanning, reason);
		if (rv == 1)
			matches = judge(scanning, typed);
		explicit_bzero(typed, sizeof(typed));
		if (matches)
			return REASON_NONE;
	}
	tell(scanning, REASON_NOBODY);
	return REASON_NOBODY;
}

enum reason enroll_scan_run(struct enroll_scan *scan)
{
	struct scanning *scanning = calloc(1, sizeof(*scanning));
	enum reason reason;

	scan->openid[0] = '\0';
	scan->nickname[0] = '\0';
	if (scanning == NULL)
		return tell_problem(-ENOMEM, &(struct problem){.text = "out of memory"});
	scanning->scan = scan;
	scanning->attempt = ATTEMPT_NONE;
	scanning->known = REASON_NOBODY;
	scanning->attempt.deadline = deadline_in(
		(scan->link_alone ? ENROLL_LINK_SECONDS : scan->settings->timeout) * 1000);
	describe_requester(&scanning->requester, scan->user);
	reason = start(scanning);
	if (reason == REASON_NONE)
		reason = converse(scanning);
	attempt_end(&scanning->attempt, reason);
	qr_free(&scanning->qr);
	free(scanning);
	return reason;
}
