/*
 * Stands in for pam-wechat-exchange in test_login.c. What it does follows from the login's host:
 *
 *     ready REASON     refuses at once
 *     verdict REASON   becomes ready, and refuses when it is asked for the verdict
 *     openid OPENID    becomes ready, and says that WeChat named this openid
 *     silent           never answers
 *
 * It tells the test the pin by a symbolic link in place of the helper's socket: the module lets it
 * write no file.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire.h"

#define MODULE_SOCKET 3
#define DETAIL "first\nlogin=forged result=ok\x1b[2J"

static const char *after(const char *host, const char *word)
{
	size_t length = strlen(word);

	return strncmp(host, word, length) == 0 ? host + length : NULL;
}

static int refuse(const char *reason)
{
	struct wire_message refusal = {.verb = WIRE_REFUSED};

	refusal.value[WIRE_REASON] = reason;
	refusal.value[WIRE_ERRCODE] = "1 x=y";
	refusal.value[WIRE_RID] = "2\n";
	refusal.value[WIRE_DETAIL] = DETAIL;
	return wire_send(MODULE_SOCKET, &refusal);
}

static int be_ready(const struct wire_message *login)
{
	struct wire_message ready = {.verb = WIRE_READY};

	ready.value[WIRE_LINK] = login->value[WIRE_LINK];
	(void)unlink(login->value[WIRE_SOCKET]);
	if (symlink(login->value[WIRE_PIN], login->value[WIRE_SOCKET]) < 0)
		return -1;
	return wire_send(MODULE_SOCKET, &ready);
}

static int answer_phone(void)
{
	struct wire_message phone = {.verb = WIRE_THIS_FAR};

	phone.value[WIRE_PHONE] = "opened";
	return wire_send(MODULE_SOCKET, &phone);
}

static int answer_verdict(const char *host)
{
	struct wire_message identity = {.verb = WIRE_IDENTITY};

	if (after(host, "verdict ") != NULL)
		return refuse(after(host, "verdict "));
	identity.value[WIRE_OPENID] = after(host, "openid ");
	return wire_send(MODULE_SOCKET, &identity);
}

int main(void)
{
	struct wire_inbox login, question;
	const char *host;

	if (wire_receive(MODULE_SOCKET, &login) < 0 || login.message.verb != WIRE_LOGIN)
		return EXIT_FAILURE;
	host = login.message.value[WIRE_HOST];
	if (after(host, "ready ") != NULL)
		return refuse(after(host, "ready ")) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	if (be_ready(&login.message) < 0)
		return EXIT_FAILURE;
	while (wire_receive(MODULE_SOCKET, &question) == 0) {
		if (question.message.verb == WIRE_ENDED)
			break;
		if (question.message.verb == WIRE_HOW_FAR) {
			if (answer_phone() < 0)
				return EXIT_FAILURE;
			continue;
		}
		if (strcmp(host, "silent") != 0 && answer_verdict(host) < 0)
			return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
