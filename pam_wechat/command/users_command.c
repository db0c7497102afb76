/* users - the users table, with what this machine knows of its users beside it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "account.h"
#include "command.h"
#include "problem.h"
#include "report.h"
#include "settings.h"
#include "users.h"

/* "1000", or why there is no such number: a table may name users who are gone. */
static void describe(const char *user, struct report *report, const char *openid)
{
	struct account account;
	int rv = account_find(&account, user);

	report_item(report, "bindings");
	report_string(report, "openid", openid);
	report_string(report, "user", user);
	report_flag(report, "exists", rv == 0);
	if (rv == 0) {
		report_number(report, "uid", (long)account.uid);
		report_line(
			report, "%-30s %-20s uid %lu", openid, user, (unsigned long)account.uid);
		account_finish(&account);
	} else {
		report_line(report, "%-30s %-20s %s", openid, user,
			rv == -ENOENT ? "no such user on this machine" : strerror(-rv));
	}
}

static enum command_exit run(const struct command_call *call)
{
	char word[4200];
	const char *line[] = {word};
	struct problem problem = {.text = ""};
	struct settings settings;
	struct users *users = NULL;
	struct report *report;
	int rv;

	(void)snprintf(word, sizeof(word), "conf=%s", call->conf);
	rv = settings_read(&settings, 1, line, &problem);
	if (rv == 0)
		rv = users_read(settings.users_file, &users, &problem);
	if (rv == 0) {
		report = report_create(command_value(call, "json") != NULL);
		report_list(report, "bindings");
		for (size_t i = 0; users_user_at(users, i) != NULL; i++)
			describe(users_user_at(users, i), report, users_openid_at(users, i));
		report_finish(&report);
	} else {
		fprintf(stderr, "pam-wechat users: %s\n", problem.text);
	}
	users_free(&users);
	settings_finish(&settings);
	return rv == 0 ? COMMAND_DONE : COMMAND_USAGE;
}

static const char *const verbs[] = {"list", NULL};

const struct command command_users = {
	.name = "users",
	.words = "list",
	.words_min = 1,
	.words_max = 1,
	.verbs = verbs,
	.summary = "show the users table",
	.description =
		"Shows who may sign in by which WeChat account, and whether this machine has such "
		"a user.",
	.options =
		(const struct command_option[]){
			{"json", NULL, COMMAND_NOTHING, "for programs"},
			{NULL, NULL, COMMAND_NOTHING, NULL},
		},
	.run = run,
};
