#include "users_change.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "binding_line.h"
#include "display.h"
#include "file_update.h"
#include "problem.h"
#include "safe_file.h"
#include "secret.h"
#include "text.h"
#include "users.h"
#include "users_ignored.h"

#define SHOWN_MAX 300

enum command_exit users_complain(int rv, const struct problem *problem, enum command_exit status)
{
	fprintf(stderr, "pam-wechat users: %s%s\n", problem->text,
		rv == -EACCES ? ": run this as root" : "");
	return rv == -EACCES ? COMMAND_REFUSED : status;
}

static const char *show(char shown[static SHOWN_MAX], struct span span)
{
	display_copy(shown, SHOWN_MAX, span.at == NULL ? "" : span.at, span.length);
	return shown;
}

int users_read_text(const char *path, struct secret **contents, struct problem *problem)
{
	struct users *users = NULL;
	int rv = safe_file_read(path, SAFE_FILE_SECRET, USERS_FILE_MAX, contents, problem);

	if (rv == 0)
		rv = users_parse(path, (*contents)->bytes, (*contents)->size - 1, &users, problem);
	users_free(&users);
	return rv;
}

/* Whether the table has this binding, with this uid or, if `wants_uid` is false, with whatever. */
static bool has_binding(const struct users *users, const char *openid,
	const struct binding_user *user, bool wants_uid)
{
	struct problem ignored;
	char word[SHOWN_MAX];
	uid_t wanted, uid;

	return text_format(word, sizeof(word), "%.*s", (int)user->whole.length, user->whole.at) ==
	               0 &&
	       users_split(word, &wanted, &ignored) == 0 &&
	       users_find_link(users, openid, word, &uid) && (!wants_uid || uid == wanted);
}

/* Prints each binding of the text that the other table lacks, and comments lost with their lines.
 */
static void print_difference(const char *text, const char *verb, const struct users *other)
{
	struct span rest = {text, strlen(text)};
	char openid[SHOWN_MAX], shown[SHOWN_MAX];
	struct binding_line line;

	while (binding_next(&rest, &line)) {
		struct span users = line.users;
		struct binding_user user;
		bool is_gone = true;

		show(openid, line.openid);
		while (binding_next_user(&users, &user)) {
			if (has_binding(other, openid, &user, true))
				is_gone = false;
			else
				printf("%s %s %s\n", verb, openid, show(shown, user.whole));
		}
		if (is_gone && strcmp(verb, "removed") == 0 && line.comment.length > 0)
			printf("its comment went with the line: # %s\n", show(shown, line.comment));
	}
}

/* Says which of the users were not bound to this openid: perhaps a name was mistyped. */
static void print_missing(const char *openid, const char *names, const struct users *before)
{
	struct span rest = {names, strlen(names)};
	struct binding_user user;
	char shown[SHOWN_MAX];

	while (binding_next_user(&rest, &user)) {
		if (!has_binding(before, openid, &user, user.uid.length > 0))
			fprintf(stderr, "pam-wechat users: %s was not bound to %s\n",
				show(shown, user.whole), openid);
	}
}

static void print_change(
	const char *path, const struct users_change *change, const char *old, const char *made)
{
	struct problem problem = {.text = ""};
	struct users *before = NULL, *after = NULL;

	if (users_parse(path, old, strlen(old), &before, &problem) == 0 &&
		users_parse(path, made, strlen(made), &after, &problem) == 0) {
		if (change->kind == USERS_REMOVES)
			print_difference(old, "removed", after);
		else
			print_difference(
				made, change->kind == USERS_ADDS ? "added" : "set", before);
		if (change->kind == USERS_REMOVES && change->openid != NULL &&
			change->users != NULL)
			print_missing(change->openid, change->users, before);
	}
	users_free(&before);
	users_free(&after);
}

/* Whether a change that takes bindings away may be made. Returns 0, or -errno with the problem set.
 */
static int judge(const char *path, const struct users_change *change, const char *old,
	const char *made, struct problem *problem)
{
	struct users *before = NULL, *after = NULL;
	int rv = 0;

	if (change->kind != USERS_REMOVES || change->is_forced)
		return 0;
	rv = users_parse(path, old, strlen(old), &before, problem);
	if (rv == 0)
		rv = users_parse(path, made, strlen(made), &after, problem);
	if (rv == 0)
		rv = users_ignored_judge(path, before, after, problem);
	users_free(&before);
	users_free(&after);
	return rv;
}

/* Writes the table anew. Returns 0 and the new text, or -errno with the problem set. */
static int write_table(struct update *update, const char *path, const struct users_change *change,
	char **made, struct problem *problem)
{
	const struct secret *old = file_update_contents(update);
	const char *bytes = old == NULL ? NULL : old->bytes;
	size_t length = old == NULL ? 0 : old->size - 1;
	int rv;

	if (change->kind == USERS_ADDS)
		rv = binding_add(path, bytes, length, change->openid, change->users,
			change->comment, made, problem);
	else if (bytes == NULL)
		rv = problem_set(problem, -ENOENT, "%s: there is no such table", path);
	else if (change->kind == USERS_REMOVES)
		rv = binding_remove(
			path, bytes, length, change->openid, change->users, made, problem);
	else
		rv = binding_set_uids(path, bytes, length, change->openid, change->choose,
			change->context, made, problem);
	if (rv == 0 && bytes != NULL)
		rv = judge(path, change, bytes, *made, problem);
	if (rv == 0 && (bytes == NULL || strcmp(bytes, *made) != 0))
		rv = file_update_write(update, *made, strlen(*made), 0600, problem);
	return rv;
}

enum command_exit users_change(const char *path, const struct users_change *change)
{
	enum command_exit status = COMMAND_REFUSED;
	struct problem problem = {.text = ""};
	struct secret *judged = NULL;
	struct update *update = NULL;
	char *old = NULL, *made = NULL;
	int rv = file_update_open(path, &update, &problem);

	/* A table that the module would not take is to be mended first, by hand. */
	if (rv == 0 && file_update_contents(update) != NULL) {
		rv = users_read_text(path, &judged, &problem);
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
		if (strcmp(old, made) == 0)
			printf("nothing to change\n");
		print_change(path, change, old, made);
		status = COMMAND_DONE;
	} else {
		status = users_complain(rv, &problem, status);
	}
	secret_free(&judged);
	free(old);
	free(made);
	return status;
}
