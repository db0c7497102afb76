#include "binding.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "display.h"
#include "lines.h"
#include "problem.h"
#include "settings.h"
#include "text.h"
#include "token.h"
#include "users.h"

#define NAME_MAX_BYTES 257

static const char header[] =
	"# Which WeChat account may sign in as which local user. Root's, mode 0600; written by\n"
	"# pam-wechat users, and fit to be changed by hand: pam-wechat users check reads it over.\n"
	"#\n"
	"#   openid                      user[,user...]   # comment\n";

static struct span span_of(const char *string)
{
	return (struct span){string, strlen(string)};
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct span trim(const char *at, const char *end)
{
	while (at < end && is_blank(*at))
		at++;
	while (end > at && is_blank(end[-1]))
		end--;
	return (struct span){at, (size_t)(end - at)};
}

/* The word at `at` or behind blanks there: empty if there is none. */
static struct span find_word(const char *at, const char *end)
{
	const char *begin = trim(at, end).at;
	const char *behind = begin;

	if (begin < end && *begin == '#')
		return (struct span){begin, 0};
	while (behind < end && !is_blank(*behind))
		behind++;
	return (struct span){begin, (size_t)(behind - begin)};
}

bool binding_next(struct span *rest, struct binding_line *line)
{
	while (rest->length > 0) {
		const char *at = rest->at;
		const char *newline = memchr(at, '\n', rest->length);
		const char *end = newline == NULL ? at + rest->length : newline;
		size_t taken = (size_t)(end - at) + (newline == NULL ? 0 : 1);

		rest->at += taken;
		rest->length -= taken;
		line->whole = (struct span){at, taken};
		line->openid = find_word(at, end);
		if (line->openid.length == 0)
			continue;
		line->users = find_word(line->openid.at + line->openid.length, end);
		at = trim(line->users.at + line->users.length, end).at;
		line->comment = at < end ? trim(at + 1, end) : (struct span){NULL, 0};
		return true;
	}
	return false;
}

bool binding_next_user(struct span *names, struct span *name)
{
	const char *comma;
	size_t taken;

	if (names->at == NULL)
		return false;
	comma = memchr(names->at, ',', names->length);
	*name = (struct span){
		names->at, comma == NULL ? names->length : (size_t)(comma - names->at)};
	taken = name->length + 1;
	*names = comma == NULL ? (struct span){NULL, 0}
	                       : (struct span){names->at + taken, names->length - taken};
	return true;
}

static bool is_equal(struct span a, struct span b)
{
	return a.length == b.length && memcmp(a.at, b.at, a.length) == 0;
}

static bool is_among(struct span name, struct span names)
{
	struct span other;

	while (binding_next_user(&names, &other)) {
		if (is_equal(name, other))
			return true;
	}
	return false;
}

/* Copies the next of the names, NUL-terminated. Returns 1; 0 at the end; -EINVAL for a bad one. */
static int take_name(struct span *names, char name[static NAME_MAX_BYTES], struct problem *problem)
{
	struct span found;

	if (!binding_next_user(names, &found))
		return 0;
	if (found.length >= NAME_MAX_BYTES)
		return problem_set(problem, -EINVAL, "a user's name has at most 256 bytes");
	memcpy(name, found.at, found.length);
	name[found.length] = '\0';
	if (found.length == 0)
		return problem_set(problem, -EINVAL,
			"an empty name: commas stand between names, without blanks");
	if (!users_is_name(name)) {
		char shown[NAME_MAX_BYTES];

		display_copy(shown, sizeof(shown), name, found.length);
		return problem_set(
			problem, -EINVAL, "\"%s\" cannot be the name of a local user", shown);
	}
	if (names->at != NULL && is_among(found, *names))
		return problem_set(problem, -EINVAL, "the user %s is named twice", name);
	return 1;
}

static int judge_wish(
	const struct users *table, const char *openid, const char *users, struct problem *problem)
{
	struct span names = span_of(users);
	char name[NAME_MAX_BYTES];
	int rv;

	if (!token_is_openid(openid))
		return problem_set(
			problem, -EINVAL, "this is not an openid (6 to 64 of 0-9 A-Z a-z _ -)");
	while ((rv = take_name(&names, name, problem)) > 0) {
		if (users_has_link(table, openid, name))
			return problem_set(
				problem, -EEXIST, "%s is bound to this openid already", name);
	}
	return rv;
}

static int judge_result(
	const char *path, const struct text *text, const char *users, struct problem *problem)
{
	struct span names = span_of(users);
	struct users *table = NULL;
	char name[NAME_MAX_BYTES], nothing[1];
	struct text ignored;
	int rv = users_parse(path, text->bytes, text->length, &table, problem);

	while (rv == 0 && take_name(&names, name, problem) > 0) {
		text_init(&ignored, nothing, sizeof(nothing));
		if (users_add_openids(table, name, &ignored) > SETTINGS_OPENIDS_MAX)
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
	struct span names = line->users, name;
	bool is_thinner = false;
	size_t left = 0;

	while (binding_next_user(&names, &name)) {
		if (users == NULL || is_among(name, span_of(users))) {
			is_thinner = true;
			continue;
		}
		if (left++ == 0)
			text_add_bytes(
				text, line->whole.at, (size_t)(line->users.at - line->whole.at));
		else
			text_add(text, ",");
		text_add_bytes(text, name.at, name.length);
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
