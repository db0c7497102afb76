/*
 * host - calls pam_authenticate() once, as login would, with a clock in its hand.
 *
 *     bench-host PLAIN_SERVICE SERVICE USER
 *
 * First it passes the plain service, whose one module is pam_permit: what libpam and the lookup of
 * a user take is there before the module comes. At each message it writes a line
 * "shown MS KIB BYTES" and the message: the milliseconds since pam_authenticate() was called, and
 * the private memory that has been added. After a question it reads the answer, one line. At the
 * end it writes "returned CODE MS", the milliseconds since the last answer.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <security/pam_appl.h>

#include "clock.h"
#include "memory.h"

static double called_at, answered_at;
static long private_before;

static int converse(int count, const struct pam_message **messages, struct pam_response **answers,
	void *context)
{
	double now = clock_ms();
	long private_now = memory_private_kib();
	struct pam_response *made = calloc((size_t)count, sizeof(*made));
	char line[64];

	(void)context;
	if (made == NULL || count != 1)
		return PAM_BUF_ERR;
	printf("shown %.4f %ld %zu\n%s", now - called_at, private_now - private_before,
		strlen(messages[0]->msg), messages[0]->msg);
	(void)fflush(stdout);
	*answers = made;
	if (messages[0]->msg_style != PAM_PROMPT_ECHO_ON)
		return PAM_SUCCESS;
	if (fgets(line, sizeof(line), stdin) == NULL)
		return PAM_CONV_ERR;
	line[strcspn(line, "\n")] = '\0';
	made[0].resp = strdup(line);
	answered_at = clock_ms();
	return PAM_SUCCESS;
}

static int pass_plain(const char *service, const char *user, const struct pam_conv *conversation)
{
	pam_handle_t *pamh = NULL;
	int rv = pam_start(service, user, conversation, &pamh);

	if (rv == PAM_SUCCESS)
		rv = pam_authenticate(pamh, 0);
	(void)pam_end(pamh, rv);
	return rv;
}

int main(int argc, char **argv)
{
	const struct pam_conv conversation = {.conv = converse};
	static char buffer[65536];
	pam_handle_t *pamh = NULL;
	int rv;

	if (argc != 4)
		return EXIT_FAILURE;
	(void)setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	memset(buffer, 1, sizeof(buffer)); /* so that it counts as there before */
	if (getpwnam(argv[3]) == NULL || pass_plain(argv[1], argv[3], &conversation) != PAM_SUCCESS)
		return EXIT_FAILURE;
	private_before = memory_private_kib();
	rv = pam_start(argv[2], argv[3], &conversation, &pamh);
	if (rv == PAM_SUCCESS) {
		called_at = clock_ms();
		rv = pam_authenticate(pamh, 0);
		printf("returned %d %.4f\n", rv, clock_ms() - answered_at);
	}
	(void)pam_end(pamh, rv);
	return EXIT_SUCCESS;
}
