/*
 * pam-wechat-helper - shows the phone its pages, and passes codes on. It faces the Internet, so it
 * holds no secret but the four digits while they are shown, and knows nothing about WeChat.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "log.h"
#include "problem.h"
#include "service.h"
#include "settings.h"

static void log_event(int severity, const char *message)
{
	if (severity >= EVENT_LOG_WARN)
		log_limited("libevent: %s", message);
}

int main(int argc, char **argv)
{
	struct problem problem = {.text = ""};
	struct settings *settings = NULL;
	const char *path = SETTINGS_PATH;
	bool check_only = false, show = false;
	int option;

	while ((option = getopt(argc, argv, "c:tTV")) != -1) {
		switch (option) {
		case 'c':
			path = optarg;
			break;
		case 't':
			check_only = true;
			break;
		case 'T':
			check_only = show = true;
			break;
		case 'V':
			printf("%s\n", PAM_WECHAT_VERSION);
			return 0;
		default:
			optind = argc + 1;
		}
	}
	if (optind != argc) {
		fprintf(stderr, "usage: pam-wechat-helper [-c file] [-t | -T | -V]\n");
		return 2;
	}
	if (settings_load(path, &settings, &problem) < 0)
		goto out;
	if (show)
		settings_show(settings);
	if (check_only)
		goto out;
	(void)signal(SIGPIPE, SIG_IGN);
	event_set_log_callback(log_event);
	(void)service_run(path, &settings, &problem);
out:
	settings_free(&settings);
	if (problem.text[0] == '\0')
		return 0;
	log_line("%s", problem.text);
	return 1;
}
