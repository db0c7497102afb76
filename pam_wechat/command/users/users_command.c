/* users - the users table: shows, changes and judges it. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "binding.h"
#include "call.h"
#include "conf.h"
#include "display.h"
#include "file_update.h"
#include "problem.h"
#include "report.h"
#include "safe_file.h"
#include "secret.h"
#include "settings.h"
#include "text.h"
#include "users.h"
#include "users_check.h"
#include "users_list.h"

#define SHOWN_MAX 300
#define NAMES_MAX 4096

static enum command_exit complain(int rv, const struct problem *problem, enum command_exit status)
{
	fprintf(stderr, "pam-wechat users: %s%s\n", problem->text,
		rv == -EACCES ? ": run this as root" : "");
	return rv == -EACCES ? COMMAND_REFUSED : status;
}

/* Programs that asked for JSON get an answer in any case. */
static void report_failure(const struct command_call *call, const struct problem *problem)
{
	struct report *report = report_create(call_value(call, "json") != NULL);

	report_string(report, "error", problem->text);
	report_finish(&report);
}

static const char *show(char shown[static SHOWN_MAX], struct span span)
{
	display_copy(shown, SHOWN_MAX, span.at == NULL ? "" : span.at, span.length);
	return shown;
}

struct change {
	bool adds;
	const char *openid, *users, *comment; /* as binding_add() and binding_remove() take them */
};

/* Reads the table as the module does, and keeps its text besides. */
static int read_table(const char *path, struct secret **contents, struct problem *problem)
{
	struct users *users = NULL;
	int rv = safe_file_read(path, SAFE_FILE_SECRET, USERS_FILE_MAX, contents, problem);

	if (rv == 0)
		rv = users_parse(path, (*contents)->bytes, (*contents)->size - 1, &users, problem);
	users_free(&users);
	return rv;
}

static enum command_exit list(const struct command_call *call, const char *path)
{
	struct problem problem = {.text = ""};
	struct secret *contents = NULL;
	struct report *report;
	int rv = read_table(path, &contents, &problem);

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
	return rv == 0 ? COMMAND_DONE : complain(rv, &problem, COMMAND_USAGE);
}

/* Prints each binding of the text that the other table lacks, and comments lost with their lines.
 */
static void print_difference(const char *text, const char *verb, const struct users *other)
{
	struct span rest = {text, strlen(text)};
	char openid[SHOWN_MAX], user[SHOWN_MAX], comment[SHOWN_MAX], exact[SHOWN_MAX];
	struct binding_line line;

	while (binding_next(&rest, &line)) {
		struct span names = line.users, name;
		bool is_gone = true;

		while (binding_next_user(&names, &name)) {
			(void)text_format(exact, sizeof(exact), "%.*s", (int)name.length, name.at);
			if (users_has_link(other, show(openid, line.openid), exact))
				is_gone = false;
			else
				printf("%s %s %s\n", verb, openid, show(user, name));
		}
		if (is_gone && strcmp(verb, "removed") == 0 && line.comment.length > 0)
			printf("its comment went with the line: # %s\n",
				show(comment, line.comment));
	}
}

/* Says which of the users were not bound to this openid: perhaps a name was mistyped. */
static void print_missing(const char *openid, const char *names, const struct users *before)
{
	struct span rest = {names, strlen(names)}, name;
	char exact[SHOWN_MAX], user[SHOWN_MAX];

	while (binding_next_user(&rest, &name)) {
		if (text_format(exact, sizeof(exact), "%.*s", (int)name.length, name.at) < 0 ||
			!users_has_link(before, openid, exact))
			fprintf(stderr, "pam-wechat users: %s was not bound to %s\n",
				show(user, name), openid);
	}
}

static void print_change(
	const char *path, const struct change *change, const char *old, const char *made)
{
	struct problem problem = {.text = ""};
	struct users *before = NULL, *after = NULL;

	if (users_parse(path, old, strlen(old), &before, &problem) == 0 &&
		users_parse(path, made, strlen(made), &after, &problem) == 0) {
		print_difference(old, "removed", after);
		print_difference(made, "added", before);
		if (!change->adds && change->openid != NULL && change->users != NULL)
			print_missing(change->openid, change->users, before);
	}
	users_free(&before);
	users_free(&after);
}

/* Writes the table anew. Returns 0 and the new text, or -errno with the problem set. */
static int write_table(struct update *update, const char *path, const struct change *change,
	char **made, struct problem *problem)
{
	const struct secret *old = file_update_contents(update);
	const char *bytes = old == NULL ? NULL : old->bytes;
	size_t length = old == NULL ? 0 : old->size - 1;
	int rv;

	if (change->adds)
		rv = binding_add(path, bytes, length, change->openid, change->users,
			change->comment, made, problem);
	else if (bytes == NULL)
		rv = problem_set(problem, -ENOENT, "%s: there is no such table", path);
	else
		rv = binding_remove(
			path, bytes, length, change->openid, change->users, made, problem);
	if (rv == 0)
		rv = file_update_write(update, *made, strlen(*made), 0600, problem);
	return rv;
}

static enum command_exit change_table(const char *path, const struct change *change)
{
	enum command_exit status = COMMAND_REFUSED;
	struct problem problem = {.text = ""};
	struct secret *judged = NULL;
	struct update *update = NULL;
	char *old = NULL, *made = NULL;
	int rv = file_update_open(path, &update, &problem);

	/* A table that the module would not take is to be mended first, by hand. */
	if (rv == 0 && file_update_contents(update) != NULL) {
		rv = read_table(path, &judged, &problem);
		status = rv < 0 ? COMMAND_USAGE : COMMAND_REFUSED;
	}
	if (rv == 0) {
		old = strdup(file_update_contents(update) == NULL
				     ? ""
				     : file_update_contents(update)->bytes);
		rv = old == NULL ? problem_set(&problem, -ENOMEM, "out of memory")
		                 : write_table(update, path, change, &made, &problem);
	}
	file_update_close(&update);
	if (rv == 0) {
		print_change(path, change, old, made);
		status = COMMAND_DONE;
	} else {
		status = complain(rv, &problem, status);
	}
	secret_free(&judged);
	free(old);
	free(made);
	return status;
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

/* Says which users this machine doesn't know. Returns whether that may be. */
static bool may_be_bound(const char *names, bool is_forced)
{
	struct span rest = {names, strlen(names)}, name;
	char exact[SHOWN_MAX], shown[SHOWN_MAX];
	bool may = true;

	while (binding_next_user(&rest, &name)) {
		struct account account;
		int rv;

		/* What can't be a name is refused later, with a better reason. */
		if (text_format(exact, sizeof(exact), "%.*s", (int)name.length, name.at) < 0 ||
			!users_is_name(exact))
			continue;
		rv = account_find(&account, exact);
		if (rv == 0) {
			account_finish(&account);
			continue;
		}
		may = is_forced;
		fprintf(stderr, "pam-wechat users: %s: %s%s\n", show(shown, name),
			rv == -ENOENT ? "this machine has no such user" : strerror(-rv),
			is_forced ? "" : "; to bind the name all the same, add --force");
	}
	return may;
}

static enum command_exit add(const struct command_call *call, const char *path)
{
	struct change change = {.adds = true, .openid = call->words[1]};
	char names[NAMES_MAX];

	if (!join_names(call, 2, names) || !may_be_bound(names, call_value(call, "force") != NULL))
		return COMMAND_REFUSED;
	change.users = names;
	change.comment = call_value(call, "comment");
	return change_table(path, &change);
}

static enum command_exit remove_bindings(const struct command_call *call, const char *path)
{
	const char *user = call_value(call, "user");
	struct change change = {.users = user};
	char names[NAMES_MAX];

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
	return change_table(path, &change);
}

static enum command_exit check(const struct command_call *call, const char *path)
{
	struct report *report = report_create(call_value(call, "json") != NULL);
	struct users_check found;

	report_string(report, "users_file", path);
	found = users_check(path, report);
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
	{"remove", 1, COMMAND_WORDS_MAX, "user", remove_bindings},
	{"check", 1, 1, "json", check},
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
	                 : complain(rv, &problem, COMMAND_USAGE);
	settings_finish(&settings);
	return status;
}

static const char *const verb_names[] = {"list", "add", "remove", "check", NULL};

const struct command command_users = {
	.name = "users",
	.words = "list|add|remove|check [OPENID [USER[,USER…]]]",
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
		"check                    reads the table over: exit status 0 fine, 1 warnings, 2 "
		"errors\n\n"
		"Comments, order and blanks of the table stay as they are.",
	.options =
		(const struct command_option[]){
			{"comment", "TEXT", COMMAND_TEXT, "add: say who this is, behind a #"},
			{"force", NULL, COMMAND_NOTHING,
				"add: bind users whom this machine doesn't know"},
			{"user", "USER", COMMAND_USER, "remove: from all lines"},
			{"json", NULL, COMMAND_NOTHING, "list, check: for programs"},
			{NULL, NULL, COMMAND_NOTHING, NULL},
		},
	.run = run,
};
