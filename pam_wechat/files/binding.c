#include "binding.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "binding_line.h"
#include "display.h"
#include "lines.h"
#include "problem.h"
#include "settings.h"
#include "text.h"
#include "token.h"
#include "users.h"

#define WORD_MAX 272 /* a name of 256 bytes, a colon, a uid, and the end */

static const char header[] =
	"# Which WeChat account may sign in as which local user. Root's, mode 0600; written by\n"
	"# pam-wechat users, and fit to be changed by hand: pam-wechat users check reads it over.\n"
	"#\n"
	"#   openid                      user:uid[,user:uid...]   # comment\n";

static struct span span_of(const char *string)
{
	return (struct span){string, strlen(string)};
}

static bool is_equal(struct span a, struct span b)
{
	return a.length == b.length && memcmp(a.at, b.at, a.length) == 0;
}

/* Whether the user is among those that are meant: without a uid, whatever uid the user has. */
static bool is_among(const struct binding_user *user, struct span meant)
{
	struct binding_user other;

	while (binding_next_user(&meant, &other)) {
		if (is_equal(user->name, other.name) &&
			(other.uid.length == 0 || is_equal(user->uid, other.uid)))
			return true;
	}
	return false;
}

/* Whether a user of this name, with whatever uid, stands among them. */
static bool is_named(struct span name, struct span users)
{
	const struct binding_user user = {.name = name, .uid = {"", 0}};
	struct binding_user other;

	while (binding_next_user(&users, &other)) {
		if (is_equal(user.name, other.name))
			return true;
	}
	return false;
}

/*
 * Takes the next of the users, and copies the name, NUL-terminated. Returns 1; 0 at the end;
 * -EINVAL for a bad one.
 */
static int take_user(
	struct span *users, char name[static WORD_MAX], uid_t *uid, struct problem *problem)
{
	struct binding_user user;
	char shown[WORD_MAX];

	if (!binding_next_user(users, &user))
		return 0;
	if (user.whole.length >= WORD_MAX)
		return problem_set(problem, -EINVAL, "a user's name has at most 256 bytes");
	memcpy(name, user.whole.at, user.whole.length);
	name[user.whole.length] = '\0';
	if (user.whole.length == 0)
		return problem_set(problem, -EINVAL,
			"an empty name: commas stand between names, without blanks");
	display_copy(shown, sizeof(shown), name, user.whole.length);
	if (users_split(name, uid, problem) < 0) {
		problem_locate(problem, "\"%s\": ", shown);
		return -EINVAL;
	}
	if (users->at != NULL && is_named(user.name, *users))
		return problem_set(problem, -EINVAL, "the user %s is named twice", name);
	return 1;
}

static int judge_wish(
	const struct users *table, const char *openid, const char *users, struct problem *problem)
{
	struct span rest = span_of(users);
	char name[WORD_MAX];
	uid_t uid;
	int rv;

	if (!token_is_openid(openid))
		return problem_set(
			problem, -EINVAL, "this is not an openid (6 to 64 of 0-9 A-Z a-z _ -)");
	while ((rv = take_user(&rest, name, &uid, problem)) > 0) {
		if (users_find_link(table, openid, name, &uid))
			return problem_set(
				problem, -EEXIST, "%s is bound to this openid already", name);
	}
	return rv;
}

static int judge_result(
	const char *path, const struct text *text, const char *users, struct problem *problem)
{
	struct span rest = span_of(users);
	struct users *table = NULL;
	char name[WORD_MAX], nothing[1];
	struct text ignored;
	uid_t uid;
	int rv = users_parse(path, text->bytes, text->length, &table, problem);

	while (rv == 0 && take_user(&rest, name, &uid, problem) > 0) {
		text_init(&ignored, nothing, sizeof(nothing));
		if (users_add_openids(table, name, uid, &ignored) > SETTINGS_OPENIDS_MAX)
			rv = problem_set(problem, -EINVAL,
				"%s has %d openids already, and no user may have more", name,
				SETTINGS_OPENIDS_MAX);
	}
	users_free(&table);
	return rv;
}

/* Room for the new text. Returns 0, or -ENOMEM with the problem set. */
static int make_room(struct text *text, size_t size, struct problem *problem)
{
	char *bytes = malloc(size);

	if (bytes == NULL)
		return problem_set(problem, -ENOMEM, "out of memory");
	text_init(text, bytes, size);
	return 0;
}

static void add_line(struct text *text, const char *openid, const char *users, const char *comment)
{
	if (text->length > 0 && text->bytes[text->length - 1] != '\n')
		text_add(text, "\n");
	if (comment[0] == '\0')
		text_addf(text, "%-30s  %s\n", openid, users);
	else
		text_addf(text, "%-30s  %-16s # %s\n", openid, users, comment);
}

/* Copies `whole`, with the users behind those of the line, and the comment behind its comment. */
static void extend_line(struct text *text, struct span whole, const struct binding_line *line,
	const char *users, const char *comment)
{
	const char *behind_users = line->users.at + line->users.length;
	const char *behind_comment =
		line->comment.at == NULL ? behind_users : line->comment.at + line->comment.length;

	text_add_bytes(text, whole.at, (size_t)(behind_users - whole.at));
	text_addf(text, ",%s", users);
	text_add_bytes(text, behind_users, (size_t)(behind_comment - behind_users));
	if (comment[0] != '\0')
		text_addf(text, "%s%s",
			line->comment.at == NULL    ? "  # "
			: line->comment.length == 0 ? " "
						    : "; ",
			comment);
	text_add_bytes(text, behind_comment, (size_t)(whole.at + whole.length - behind_comment));
}

int binding_add(const char *path, const char *bytes, size_t length, const char *openid,
	const char *users, const char *comment, char **made, struct problem *problem)
{
	const struct span whole = bytes == NULL ? span_of(header) : (struct span){bytes, length};
	struct span rest = whole;
	struct text text = {.bytes = NULL};
	struct users *table = NULL;
	struct binding_line line;
	char shown[LINES_LENGTH_MAX];
	bool found = false;
	int rv;

	*made = NULL;
	display_copy(shown, sizeof(shown), comment == NULL ? "" : comment,
		comment == NULL ? 0 : strlen(comment));
	rv = users_parse(path, whole.at, whole.length, &table, problem);
	if (rv == 0)
		rv = judge_wish(table, openid, users, problem);
	if (rv == 0)
		rv = make_room(&text, whole.length + strlen(users) + sizeof(shown) + 128, problem);
	if (rv < 0)
		goto out;
	while (!found && binding_next(&rest, &line))
		found = is_equal(line.openid, span_of(openid));
	if (found) {
		extend_line(&text, whole, &line, users, shown);
	} else {
		text_add_bytes(&text, whole.at, whole.length);
		add_line(&text, openid, users, shown);
	}
	rv = text_finish(&text);
	if (rv == 0)
		rv = judge_result(path, &text, users, problem);
	else
		problem_set(problem, rv, "%s: the new line does not fit", path);
	if (rv == 0) {
		*made = text.bytes;
		text.bytes = NULL;
	}
out:
	free(text.bytes);
	users_free(&table);
	return rv;
}

/* Copies the line without some of its users, or nothing if nobody is left. Returns whether any. */
static bool thin_line(struct text *text, const struct binding_line *line, const char *users)
{
	const char *behind = line->users.at + line->users.length;
	struct span rest = line->users;
	struct binding_user user;
	bool is_thinner = false;
	size_t left = 0;

	while (binding_next_user(&rest, &user)) {
		if (users == NULL || is_among(&user, span_of(users))) {
			is_thinner = true;
			continue;
		}
		if (left++ == 0)
			text_add_bytes(
				text, line->whole.at, (size_t)(line->users.at - line->whole.at));
		else
			text_add(text, ",");
		text_add_bytes(text, user.whole.at, user.whole.length);
	}
	if (left > 0)
		text_add_bytes(
			text, behind, (size_t)(line->whole.at + line->whole.length - behind));
	return is_thinner;
}

int binding_remove(const char *path, const char *bytes, size_t length, const char *openid,
	const char *users, char **made, struct problem *problem)
{
	struct span rest = {bytes, length};
	const char *copied = bytes;
	struct text text = {.bytes = NULL};
	struct users *table = NULL;
	struct binding_line line;
	bool found = false;
	int rv;

	*made = NULL;
	rv = users_parse(path, bytes, length, &table, problem);
	if (rv == 0)
		rv = make_room(&text, length + 1, problem);
	if (rv < 0)
		goto out;
	while (binding_next(&rest, &line)) {
		if (openid != NULL && !is_equal(line.openid, span_of(openid)))
			continue;
		text_add_bytes(&text, copied, (size_t)(line.whole.at - copied));
		copied = line.whole.at + line.whole.length;
		found |= thin_line(&text, &line, users);
	}
	text_add_bytes(&text, copied, (size_t)(bytes + length - copied));
	users_free(&table);
	if (!found)
		rv = problem_set(problem, -ENOENT, "%s: no line binds %s%s%s", path,
			openid == NULL ? "" : openid, openid == NULL || users == NULL ? "" : " to ",
			users == NULL ? "" : users);
	else
		rv = users_parse(path, text.bytes, text.length, &table, problem);
	if (rv == 0) {
		*made = text.bytes;
		text.bytes = NULL;
	}
out:
	free(text.bytes);
	users_free(&table);
	return rv;
}

/* Copies what stands between two users, and the user with the uid that `choose` wants. */
static int number_user(struct text *text, const char **copied, const struct binding_user *user,
	binding_choose_uid *choose, void *context)
{
	char name[WORD_MAX];
	uid_t uid, chosen;
	struct problem ignored;
	int rv = text_format(name, sizeof(name), "%.*s", (int)user->whole.length, user->whole.at);

	if (rv == 0)
		rv = users_split(name, &uid, &ignored);
	if (rv < 0)
		return rv;
	chosen = choose(name, uid, context);
	text_add_bytes(text, *copied, (size_t)(user->name.at + user->name.length - *copied));
	if (chosen != USERS_NO_UID)
		text_addf(text, ":%u", chosen);
	*copied = user->whole.at + user->whole.length;
	return 0;
}

int binding_set_uids(const char *path, const char *bytes, size_t length, const char *openid,
	binding_choose_uid *choose, void *context, char **made, struct problem *problem)
{
	struct span rest = {bytes, length};
	const char *copied = bytes;
	struct text text = {.bytes = NULL};
	struct users *table = NULL;
	struct binding_line line;
	struct binding_user user;
	int rv;

	*made = NULL;
	rv = users_parse(path, bytes, length, &table, problem);
	users_free(&table);
	/* The shortest user, "a,", gets ":4294967294". */
	if (rv == 0)
		rv = make_room(&text, length * 7 + 1, problem);
	while (rv == 0 && binding_next(&rest, &line)) {
		struct span users = line.users;

		if (openid != NULL && !is_equal(line.openid, span_of(openid)))
			continue;
		while (rv == 0 && binding_next_user(&users, &user))
			rv = number_user(&text, &copied, &user, choose, context);
	}
	if (rv < 0)
		goto out;
	text_add_bytes(&text, copied, (size_t)(bytes + length - copied));
	rv = text_finish(&text);
	if (rv == 0)
		rv = users_parse(path, text.bytes, text.length, &table, problem);
	else
		problem_set(problem, rv, "%s: the uids do not fit", path);
	if (rv == 0) {
		*made = text.bytes;
		text.bytes = NULL;
	}
out:
	free(text.bytes);
	users_free(&table);
	return rv;
}
