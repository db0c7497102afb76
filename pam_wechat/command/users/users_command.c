/* users - the users table: shows, changes and judges it. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "call.h"
#include "conf.h"
#include "problem.h"
#include "report.h"
#include "secret.h"
#include "settings.h"
#include "text.h"
#include "users_change.h"
#include "users_check.h"
#include "users_list.h"
#include "users_uids.h"

#define NAMES_MAX 4096

/* Programs that asked for JSON get an answer in any case. */
static void report_failure(const struct command_call *call, const struct problem *problem)
{
	struct report *report = report_create(call_value(call, "json") != NULL);

	report_string(report, "error", problem->text);
	report_finish(&report);
}

static enum command_exit list(const struct command_call *call, const char *path)
{
	struct problem problem = {.text = ""};
	struct secret *contents = NULL;
	struct report *report;
	int rv = users_read_text(path, &contents, &problem);

	if (rv == 0) {
		report = report_create(call_value(call, "json") != NULL);
		if (!users_list(contents->bytes, report))
			report_line(
				report, "%s binds nobody: pam-wechat users add OPENID USER", path);
		report_finish(&report);
	} else {
		report_failure(call, &problem);
	}
	secret_free(&contents);
	return rv == 0 ? COMMAND_DONE : users_complain(rv, &problem, COMMAND_USAGE);
}

/* Words that name users, joined by commas. Returns false after a complaint. */
static bool join_names(const struct command_call *call, int first, char names[static NAMES_MAX])
{
	struct text text;

	text_init(&text, names, NAMES_MAX);
	for (int i = first; i < call->word_count; i++)
		text_addf(&text, "%s%s", i > first ? "," : "", call->words[i]);
	if (text_finish(&text) == 0)
		return true;
	fprintf(stderr, "pam-wechat users: these are too many names for one line\n");
	return false;
}

static enum command_exit add(const struct command_call *call, const char *path)
{
	struct users_change change = {.kind = USERS_ADDS, .openid = call->words[1]};
	char names[NAMES_MAX], numbered[USERS_NUMBERED_MAX];

	if (!join_names(call, 2, names) ||
		!users_uids_fill(names, call_value(call, "force") != NULL, numbered))
		return COMMAND_REFUSED;
	change.users = numbered;
	change.comment = call_value(call, "comment");
	return users_change(path, &change);
}

static enum command_exit remove_bindings(const struct command_call *call, const char *path)
{
	const char *user = call_value(call, "user");
	struct users_change change = {.kind = USERS_REMOVES, .users = user};
	char names[NAMES_MAX];

	change.is_forced = call_value(call, "force") != NULL;
	if ((user == NULL) == (call->word_count == 1)) {
		fprintf(stderr, "pam-wechat users: remove wants an openid, or --user USER\n");
		return COMMAND_USAGE;
	}
	if (user == NULL)
		change.openid = call->words[1];
	if (call->word_count > 2) {
		if (!join_names(call, 2, names))
			return COMMAND_REFUSED;
		change.users = names;
	}
	return users_change(path, &change);
}

static enum command_exit uids(const struct command_call *call, const char *path)
{
	return users_uids_write(path, call->words + 1, call->word_count - 1);
}

static enum command_exit check(const struct command_call *call, const char *path)
{
	struct report *report = report_create(call_value(call, "json") != NULL);
	struct users_check found;

	report_string(report, "users_file", path);
	found = users_check(path, call_value(call, "uids") != NULL, report);
	if (found.errors + found.warnings == 0)
		report_line(report, "%s: %zu binding%s, nothing to mend", path, found.bindings,
			found.bindings == 1 ? "" : "s");
	report_finish(&report);
	return found.errors > 0     ? COMMAND_USAGE
	       : found.warnings > 0 ? COMMAND_REFUSED
	                            : COMMAND_DONE;
}

static const struct verb {
	const char *name;
	int words_min, words_max; /* the verb included */
	const char *options;      /* that it knows */
	enum command_exit (*run)(const struct command_call *call, const char *path);
} verbs[] = {
	{"list", 1, 1, "json", list},
	{"add", 3, COMMAND_WORDS_MAX, "comment force", add},
	{"remove", 1, COMMAND_WORDS_MAX, "user force", remove_bindings},
	{"uids", 1, COMMAND_WORDS_MAX, "", uids},
	{"check", 1, 1, "json uids", check},
};

static const struct verb *find_verb(const struct command_call *call)
{
	const struct verb *verb = verbs;

	while (strcmp(verb->name, call->words[0]) != 0)
		verb++;
	if (call->word_count < verb->words_min || call->word_count > verb->words_max) {
		fprintf(stderr, "pam-wechat users: too %s words for %s\n",
			call->word_count < verb->words_min ? "few" : "many", verb->name);
		return NULL;
	}
	for (const struct command_option *o = call->command->options; o->name != NULL; o++) {
		if (call_value(call, o->name) != NULL && strstr(verb->options, o->name) == NULL) {
			fprintf(stderr, "pam-wechat users: --%s does not belong to %s\n", o->name,
				verb->name);
			return NULL;
		}
	}
	return verb;
}

static enum command_exit run(const struct command_call *call)
{
	const struct verb *verb = find_verb(call);
	struct problem problem = {.text = ""};
	struct settings settings;
	enum command_exit status;
	int rv;

	if (verb == NULL)
		return COMMAND_USAGE;
	rv = conf_read(call->conf, &settings, &problem);
	if (rv < 0)
		report_failure(call, &problem);
	status = rv == 0 ? verb->run(call, settings.users_file)
	                 : users_complain(rv, &problem, COMMAND_USAGE);
	settings_finish(&settings);
	return status;
}

static const char *const verb_names[] = {"list", "add", "remove", "uids", "check", NULL};

const struct command command_users = {
	.name = "users",
	.words = "list|add|remove|uids|check [OPENID] [USER…]",
	.words_min = 1,
	.words_max = COMMAND_WORDS_MAX,
	.word = COMMAND_USER,
	.verbs = verb_names,
	.summary = "show, change or check the users table",
	.description =
		"list                     shows who may sign in by which WeChat account\n"
		"add OPENID USER[,USER…]  binds a WeChat account to users of this machine\n"
		"remove OPENID [USER…]    takes users, or all, from a WeChat account\n"
		"remove --user USER       takes a user from all WeChat accounts\n"
		"uids                     writes the uids that the table lacks\n"
		"uids USER…               writes these users' uids, whatever stands there\n"
		"check                    reads the table over: exit status 0 fine, 1 warnings,\n"
		"                         2 errors\n\n"
		"Comments, order and blanks of the table stay as they are.",
	.options =
		(const struct command_option[]){
			{"comment", "TEXT", COMMAND_TEXT, "add: say who this is, behind a #"},
			{"force", NULL, COMMAND_NOTHING,
				"add: root, or who is unknown here; remove: in any case"},
			{"user", "USER", COMMAND_USER, "remove: from all lines"},
			{"uids", NULL, COMMAND_NOTHING, "check: say which users lack a uid"},
			{"json", NULL, COMMAND_NOTHING, "list, check: for programs"},
			{NULL, NULL, COMMAND_NOTHING, NULL},
		},
	.run = run,
};
