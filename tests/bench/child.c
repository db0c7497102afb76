/*
 * child - starts the exchange as the module does, with the module's own code, again and again.
 *
 *     bench-child CONF USER COUNT
 *
 * It writes for each start the milliseconds from before fork to the child's READY, one a line: a
 * program made from `exchange`, its privileges dropped, the login registered with the helper.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "clock.h"
#include "deadline.h"
#include "problem.h"
#include "request.h"
#include "requester.h"
#include "settings.h"
#include "users.h"
#include "wire.h"

static int start(const struct settings *settings, const struct requester *requester,
	const struct users *users, struct problem *problem)
{
	struct deadline deadline = deadline_in(30000);
	struct request *request = NULL;
	struct child child = CHILD_NONE;
	struct wire_inbox inbox;
	double began;
	int rv = request_create(&request, settings, requester, users, false, deadline, problem);

	if (rv < 0)
		return rv;
	began = clock_ms();
	rv = child_start(&child, settings, deadline, problem);
	if (rv == 0)
		rv = child_ask(&child, &request->message, &inbox, deadline);
	if (rv == 0 && inbox.message.verb != WIRE_READY)
		rv = problem_set(problem, -1, "no READY: %s",
			inbox.message.verb == WIRE_REFUSED ? inbox.message.value[WIRE_REASON]
							   : "?");
	if (rv == 0)
		printf("%.4f\n", clock_ms() - began);
	child_stop(&child, 100);
	request_free(&request);
	return rv;
}

int main(int argc, char **argv)
{
	struct requester requester = {.service = "bench", .rhost = "203.0.113.7", .tty = "ssh"};
	struct problem problem = {.text = ""};
	struct users *users = NULL;
	struct settings settings;
	char conf[512];
	const char *words[] = {conf};
	int rv;

	if (argc != 4)
		return EXIT_FAILURE;
	(void)snprintf(conf, sizeof(conf), "conf=%s", argv[1]);
	requester.user = argv[2];
	(void)snprintf(requester.shown_user, sizeof(requester.shown_user), "%s", argv[2]);
	strcpy(requester.shown_service, "bench");
	strcpy(requester.from, "203.0.113.7");
	strcpy(requester.origin, "203.0.113.7");
	rv = settings_read(&settings, 1, words, &problem);
	if (rv == 0)
		rv = users_read(settings.users_file, &users, &problem);
	for (long left = strtol(argv[3], NULL, 10); rv == 0 && left > 0; left--)
		rv = start(&settings, &requester, users, &problem);
	if (rv < 0)
		fprintf(stderr, "bench-child: %s\n", problem.text);
	users_free(&users);
	settings_finish(&settings);
	return rv < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
