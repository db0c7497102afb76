#include "confirm.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "console.h"
#include "conversation.h"
#include "deadline.h"
#include "interruption.h"
#include "login.h"
#include "request.h"
#include "secret.h"
#include "settings.h"
#include "terminal.h"
#include "text.h"
#include "verdict.h"
#include "virtual_terminal.h"

#define ANSWERS_MAX 3 /* wrong codes typed */
#define LOOK_MS 100   /* between two looks at child and terminal while waiting */

/* Many of the Linux console's fonts have no half blocks, and none has Chinese characters. */
static void adapt_to_console(struct login *login)
{
	struct settings *settings = &login->settings;
	int fd = virtual_terminal_open(login->requester.tty);

	if (fd < 0)
		return;
	settings->lang = LANG_EN;
	if (settings->charset == CHARSET_UTF8 && console_lacks_half_blocks(fd))
		settings->charset = CHARSET_ASCII;
	close(fd);
}

int confirm_choose(struct login *login)
{
	const struct requester *requester = &login->requester;

	login->waits = login->settings.confirm == CONFIRM_WAIT;
	if (login->settings.confirm == CONFIRM_AUTO)
		login->waits = strcmp(requester->service, "login") == 0 && requester->at_console;
	if (login->waits &&
		(requester->rhost[0] != '\0' || !settings_is_of_terminal(requester->service)))
		return login_refuse_problem(login,
			problem_set(&login->problem, -EINVAL,
				"confirm=wait is for login, su, su-l, sudo, sudo-i and doas, and "
				"for no remote host: use confirm=code for %s",
				requester->service));
	if (settings_is_of_terminal(requester->service))
		adapt_to_console(login);
	return LOGIN_GO_ON;
}

/* sudo's prompt may be replaced, by -p or passprompt_override, and -A hands on nothing else. */
static bool has_prompt_of_its_own(const char *service)
{
	return strcmp(service, "sudo") == 0 || strcmp(service, "sudo-i") == 0;
}

/* The columns of "(alice@web1) ", which ssh puts in front of a line. */
static size_t columns_of_ssh(const struct login *login)
{
	return login->requester.rhost[0] == '\0' ? 0
	                                         : strlen("(@) ") + strlen(login->requester.user) +
	                                                   strlen(login->settings.host_name);
}

typedef void composer(struct text *text, const struct terminal_screen *screen);

/* Says what is composed, or asks it if there is room for an answer. Returns LOGIN_GO_ON or a code
 * for PAM. */
static int say(
	struct login *login, composer *compose, const struct terminal_screen *screen, char **answer)
{
	struct secret *shown = secret_create(TERMINAL_SCREEN_MAX);
	struct text text;
	int rv;

	if (shown == NULL)
		return PAM_BUF_ERR;
	text_init(&text, shown->bytes, shown->size);
	compose(&text, screen);
	if (text_finish(&text) < 0)
		rv = PAM_SYSTEM_ERR;
	else if (answer == NULL)
		rv = conversation_show(login->pamh, shown->bytes);
	else
		rv = conversation_ask(login->pamh, shown->bytes, answer);
	secret_free(&shown);
	return rv == PAM_SUCCESS ? LOGIN_GO_ON : rv;
}

/*
 * Shows the login once: in a question whose answer is the caller's to free, or, with `answer` being
 * NULL, as a message. Returns LOGIN_GO_ON or a code for PAM.
 */
static int show(struct login *login, int round, enum terminal_hint hint, char **answer)
{
	const struct settings *settings = &login->settings;
	const struct terminal_screen screen = {
		.qr = login->qr,
		.view = terminal_view_at(settings->charset, settings->invert, round),
		.link = login->attempt.request->link,
		.lang = settings->lang,
		.hint = hint,
		.indented = columns_of_ssh(login),
	};
	composer *compose = terminal_compose;
	int rv = LOGIN_GO_ON;

	if (answer == NULL) {
		compose = terminal_compose_wait;
	} else if (has_prompt_of_its_own(login->requester.service)) {
		compose = terminal_compose_question;
		rv = say(login, terminal_compose_message, &screen, NULL);
	}
	if (rv == LOGIN_GO_ON)
		rv = say(login, compose, &screen, answer);
	if (rv == LOGIN_GO_ON)
		return rv;
	login->entry.reason = rv == PAM_BUF_ERR      ? REASON_MEMORY
	                      : rv == PAM_SYSTEM_ERR ? REASON_INTERNAL
	                      : rv == PAM_AUTH_ERR   ? REASON_NO_ANSWER
	                                             : REASON_CONVERSATION;
	return rv;
}

int confirm_by_pin(struct login *login)
{
	int round = 0, wrong = 0;
	enum terminal_hint hint = HINT_SCAN;

	while (round < TERMINAL_VIEWS_MAX && wrong < ANSWERS_MAX) {
		char *answer = NULL;
		enum reason reason;
		int rv = show(login, round, hint, &answer);
		bool was_wrong;

		if (rv != LOGIN_GO_ON)
			return rv;
		was_wrong = answer[0] != '\0';
		if (was_wrong)
			reason = verdict_ask(login, answer);
		else
			reason = deadline_left(login->attempt.deadline) == 0 ? REASON_EXPIRED
			                                                     : REASON_NOBODY;
		secret_free_string(&answer);
		if (login->proved)
			return LOGIN_GO_ON;
		if (reason != REASON_NOBODY && reason != REASON_ASKING)
			return login_refuse(login, reason);
		hint = reason == REASON_ASKING ? HINT_ASKING
		       : was_wrong             ? HINT_WRONG_PIN
		                               : HINT_SCAN;
		if (was_wrong)
			wrong++;
		else
			round++;
	}
	return login_refuse(login, REASON_NOBODY);
}

int confirm_by_waiting(struct login *login)
{
	enum reason reason = REASON_NOBODY;
	int rv;

	/* Who sees the link may give up at once. */
	interruption_begin(&login->interruption);
	rv = show(login, 0, HINT_SCAN, NULL);
	if (rv != LOGIN_GO_ON)
		return rv;
	do {
		if (interruption_wait(&login->interruption, LOOK_MS))
			reason = REASON_INTERRUPTED;
		else
			reason = verdict_ask(login, NULL);
	} while (reason_is_temporary(reason));
	return login->proved ? LOGIN_GO_ON : login_refuse(login, reason);
}
