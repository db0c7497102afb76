/*
 * pam-wechat-helper - shows the phone its pages, and passes codes on. It faces the Internet, so it
 * holds no secret but the four digits while they are shown, and knows nothing about WeChat.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "builtin.h"
#include "log.h"
#include "problem.h"
#include "service.h"
#include "settings.h"

static void log_event(int severity, const char *message)
{
	if (severity >= EVENT_LOG_WARN)
		log_limited("libevent: %s", message);
}

enum task { RUN, CHECK, PRINT, VERSION, WRITE_PAGES };

struct arguments {
	enum task task;
	const char *path;      /* of helper.conf */
	const char *directory; /* for pages */
};

/* Returns 0 or -EINVAL. */
static int read_arguments(int argc, char **argv, struct arguments *arguments)
{
	int option;

	while ((option = getopt(argc, argv, "c:tTVp:")) != -1) {
		switch (option) {
		case 'c':
			arguments->path = optarg;
			break;
		case 't':
			arguments->task = CHECK;
			break;
		case 'T':
			arguments->task = PRINT;
			break;
		case 'V':
			arguments->task = VERSION;
			break;
		case 'p':
			arguments->task = WRITE_PAGES;
			arguments->directory = optarg;
			break;
		default:
			return -EINVAL;
		}
	}
	return optind == argc ? 0 : -EINVAL;
}

static int use_settings(const struct arguments *arguments, struct problem *problem)
{
	struct settings *settings = NULL;
	int rv = settings_load(arguments->path, &settings, problem);

	if (rv == 0 && arguments->task == PRINT)
		settings_print(settings, stdout);
	if (rv == 0 && arguments->task == RUN) {
		(void)signal(SIGPIPE, SIG_IGN);
		event_set_log_callback(log_event);
		rv = service_run(arguments->path, &settings, problem);
	}
	settings_free(&settings);
	return rv;
}

int main(int argc, char **argv)
{
	struct arguments arguments = {.task = RUN, .path = SETTINGS_PATH};
	struct problem problem = {.text = ""};

	if (read_arguments(argc, argv, &arguments) < 0) {
		fprintf(stderr, "usage: pam-wechat-helper [-c file] [-t | -T]\n"
				"       pam-wechat-helper -V | -p directory\n");
		return 2;
	}
	if (arguments.task == VERSION)
		puts(PAM_WECHAT_VERSION);
	else if (arguments.task == WRITE_PAGES)
		(void)builtin_write_all(arguments.directory, &problem);
	else
		(void)use_settings(&arguments, &problem);
	if (problem.text[0] == '\0' && (fflush(stdout) != 0 || ferror(stdout)))
		problem_set(&problem, -errno, "standard output: %s", strerror(errno));
	if (problem.text[0] == '\0')
		return 0;
	log_line("%s", problem.text);
	return 1;
}
