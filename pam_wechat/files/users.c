#include "users.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "decimal.h"
#include "display.h"
#include "lines.h"
#include "plain.h"
#include "problem.h"
#include "safe_file.h"
#include "secret.h"
#include "text.h"
#include "token.h"

#define BLANKS " \t"
#define UID_LAST (USERS_NO_UID - 1)

struct binding {
	const char *openid; /* into bytes */
	const char *user;
	uid_t uid;
	size_t line;
	const char *comment; /* behind "# ", of its line; "" for none */
};

struct users {
	char *bytes; /* the file, its words ended by NULs */
	struct binding *bindings;
	size_t count, room;
};

bool users_is_name(const char *name)
{
	size_t length = strlen(name);

	if (length < 1 || length > 256 || name[0] == '-')
		return false;
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c <= ' ' || c == 0x7f || strchr(",:;#", c) != NULL)
			return false;
	}
	return true;
}

int users_split(char *word, uid_t *uid, struct problem *problem)
{
	char *colon = strchr(word, ':');

	*uid = USERS_NO_UID;
	if (colon != NULL) {
		int64_t number = decimal_parse_string(colon + 1, 0, UID_LAST);

		/* One number is written one way. */
		if (number < 0 || (colon[1] == '0' && colon[2] != '\0'))
			return problem_set(problem, -EINVAL,
				"no uid stands behind the colon, as in alice:1001");
		*colon = '\0';
		*uid = (uid_t)number;
	}
	if (strchr(word, ';') != NULL)
		return problem_set(problem, -EINVAL,
			"a ';' in a name: commas stand between names" PLAIN_MEND
			"sed -i ':a; s/^\\([^#]*\\);/\\1,/; ta' FILE");
	if (!users_is_name(word))
		return problem_set(problem, -EINVAL, "this cannot be the name of a local user");
	return plain_judge_line(word, problem);
}

static int add_binding(struct users *users, const struct binding *binding)
{
	if (users->count == users->room) {
		size_t room = users->room == 0 ? 64 : users->room * 2;
		struct binding *bindings = reallocarray(users->bindings, room, sizeof(*bindings));

		if (bindings == NULL)
			return -ENOMEM;
		users->bindings = bindings;
		users->room = room;
	}
	users->bindings[users->count++] = *binding;
	return 0;
}

/* Cuts the next word out of *at, which then points behind it. Returns NULL if there is none. */
static char *next_word(char **at)
{
	char *word = *at + strspn(*at, BLANKS);
	size_t length = strcspn(word, BLANKS);

	if (*word == '\0' || *word == '#')
		return NULL;
	*at = word + length;
	if (**at != '\0')
		*(*at)++ = '\0';
	return word;
}

static int parse_names(
	struct users *users, const char *openid, char *names, size_t line, struct problem *problem)
{
	struct binding binding = {.openid = openid, .line = line};
	size_t first = users->count;

	for (char *name = names; name != NULL;) {
		char *comma = strchr(name, ',');

		if (comma != NULL)
			*comma = '\0';
		if (name[0] == '\0')
			return problem_set(problem, -EINVAL,
				"an empty name: commas stand between names, without blanks");
		if (users_split(name, &binding.uid, problem) < 0)
			return -EINVAL;
		for (size_t i = first; i < users->count; i++) {
			if (strcmp(users->bindings[i].user, name) == 0) {
				char shown[300];

				display_escape(shown, sizeof(shown), name, strlen(name));
				return problem_set(
					problem, -EINVAL, "the user %s stands here twice", shown);
			}
		}
		binding.user = name;
		if (add_binding(users, &binding) < 0)
			return -ENOMEM;
		name = comma == NULL ? NULL : comma + 1;
	}
	return 0;
}

/* The comment that stands at `at`, which is behind the users' names. */
static const char *find_comment(const char *at)
{
	at += strspn(at, BLANKS);
	at += strspn(at, "#");
	return at + strspn(at, BLANKS);
}

static int parse_line(struct users *users, char *line, size_t number, struct problem *problem)
{
	char *at = line;
	char *openid, *names, *more;
	size_t first = users->count;
	int rv = plain_judge_line(line, problem);

	if (rv < 0)
		return rv;
	openid = next_word(&at);
	if (openid == NULL)
		return 0;
	if (!token_is_openid(openid))
		return problem_set(problem, -EINVAL,
			"the first column is not an openid (6 to 64 of 0-9 A-Z a-z _ -)");
	names = next_word(&at);
	if (names == NULL)
		return problem_set(problem, -EINVAL, "no user stands behind the openid");
	more = next_word(&at);
	if (more != NULL)
		return problem_set(problem, -EINVAL,
			"a third column: write users as alice,bob and comments behind #");
	rv = parse_names(users, openid, names, number, problem);
	for (size_t i = first; i < users->count; i++)
		users->bindings[i].comment = find_comment(at);
	return rv;
}

static int by_openid(const void *a, const void *b)
{
	const struct binding *left = a, *right = b;
	int order = strcmp(left->openid, right->openid);

	if (order != 0)
		return order;
	return left->line < right->line ? -1 : left->line > right->line;
}

/* An openid on two lines is a mistake that a merge of two lists makes: which line is meant? */
static int find_repeated(struct users *users, const char *path, struct problem *problem)
{
	if (users->count > 1)
		qsort(users->bindings, users->count, sizeof(*users->bindings), by_openid);
	for (size_t i = 1; i < users->count; i++) {
		const struct binding *last = &users->bindings[i - 1], *this = &users->bindings[i];

		if (last->line != this->line && strcmp(last->openid, this->openid) == 0)
			return problem_set(problem, -EINVAL,
				"%s:%zu: this openid stands on line %zu, too: join the two lines",
				path, this->line, last->line);
	}
	return 0;
}

static int parse_lines(struct users *users, const char *path, const char *bytes, size_t length,
	struct problem *problem)
{
	struct lines lines;
	char *line = users->bytes;
	size_t taken = 0;
	int rv;

	lines_init(&lines, bytes, length);
	for (;;) {
		rv = lines_next(&lines, line, problem);
		if (rv == 0)
			break;
		if (rv > 0) {
			taken = strlen(line) + 1;
			rv = parse_line(users, line, lines.number, problem);
		}
		if (rv < 0) {
			problem_locate(problem, "%s:%zu: ", path, lines.number);
			break;
		}
		line += taken;
	}
	return rv;
}

int users_parse(const char *path, const char *bytes, size_t length, struct users **users,
	struct problem *problem)
{
	struct users *table = NULL;
	int rv = -ENOMEM;

	*users = NULL;
	if (length > USERS_FILE_MAX)
		return problem_set(problem, -EINVAL, "%s: larger than 1 MiB", path);
	table = calloc(1, sizeof(*table));
	if (table == NULL)
		goto out;
	/* The lines are copied to here one behind the other; none is longer than it was. */
	table->bytes = malloc(length + LINES_LENGTH_MAX + 1);
	if (table->bytes == NULL)
		goto out;
	rv = parse_lines(table, path, bytes, length, problem);
	if (rv == 0)
		rv = find_repeated(table, path, problem);
	if (rv == 0) {
		*users = table;
		table = NULL;
	}
out:
	if (rv == -ENOMEM)
		problem_set(problem, rv, "%s: out of memory", path);
	users_free(&table);
	return rv;
}

int users_read(const char *path, struct users **users, struct problem *problem)
{
	struct secret *contents = NULL;
	int rv = safe_file_read(path, SAFE_FILE_SECRET, USERS_FILE_MAX, &contents, problem);

	*users = NULL;
	if (rv == 0)
		rv = users_parse(path, contents->bytes, contents->size - 1, users, problem);
	secret_free(&contents);
	return rv;
}

void users_free(struct users **users)
{
	if (*users == NULL)
		return;
	free((*users)->bindings);
	free((*users)->bytes);
	free(*users);
	*users = NULL;
}

bool users_is_empty(const struct users *users)
{
	return users->count == 0;
}

bool users_has_user(const struct users *users, const char *user)
{
	for (size_t i = 0; i < users->count; i++) {
		if (strcmp(users->bindings[i].user, user) == 0)
			return true;
	}
	return false;
}

bool users_has_uid(const struct users *users, uid_t uid)
{
	for (size_t i = 0; uid != USERS_NO_UID && i < users->count; i++) {
		if (users->bindings[i].uid == uid)
			return true;
	}
	return false;
}

const char *users_comment_of(const struct users *users, const char *openid)
{
	for (size_t i = 0; i < users->count; i++) {
		if (strcmp(users->bindings[i].openid, openid) == 0)
			return users->bindings[i].comment;
	}
	return "";
}

/* Whether a binding with the first uid counts for an account with the second. */
static bool counts_for(uid_t bound, uid_t uid)
{
	return bound == USERS_NO_UID || bound == uid;
}

bool users_find_link(const struct users *users, const char *openid, const char *user, uid_t *uid)
{
	for (size_t i = 0; i < users->count; i++) {
		if (strcmp(users->bindings[i].openid, openid) == 0 &&
			strcmp(users->bindings[i].user, user) == 0) {
			*uid = users->bindings[i].uid;
			return true;
		}
	}
	return false;
}

bool users_has_link(const struct users *users, const char *openid, const char *user, uid_t uid)
{
	uid_t bound;

	return users_find_link(users, openid, user, &bound) && counts_for(bound, uid);
}

size_t users_add_openids(const struct users *users, const char *user, uid_t uid, struct text *list)
{
	size_t found = 0;

	for (size_t i = 0; i < users->count; i++) {
		const struct binding *binding = &users->bindings[i];

		if (strcmp(binding->user, user) != 0 || !counts_for(binding->uid, uid))
			continue;
		if (found++ > 0)
			text_add(list, ".");
		text_add(list, binding->openid);
	}
	return found;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int users_list_bare(const struct users *users, const char ***names)
{
	const char **found = calloc(users->count + 1, sizeof(*found));
	size_t count = 0, kept = 0;

	*names = found;
	if (found == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < users->count; i++) {
		if (users->bindings[i].uid == USERS_NO_UID)
			found[count++] = users->bindings[i].user;
	}
	if (count > 1)
		qsort(found, count, sizeof(*found), by_name);
	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || strcmp(found[kept - 1], found[i]) != 0)
			found[kept++] = found[i];
	}
	found[kept] = NULL;
	return 0;
}

const char *users_user_at(const struct users *users, size_t index)
{
	return index < users->count ? users->bindings[index].user : NULL;
}

bool users_is_first_at(const struct users *users, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (strcmp(users->bindings[i].user, users->bindings[index].user) == 0)
			return false;
	}
	return true;
}

uid_t users_uid_at(const struct users *users, size_t index)
{
	return index < users->count ? users->bindings[index].uid : USERS_NO_UID;
}

const char *users_openid_at(const struct users *users, size_t index)
{
	return index < users->count ? users->bindings[index].openid : NULL;
}

size_t users_line_at(const struct users *users, size_t index)
{
	return index < users->count ? users->bindings[index].line : 0;
}
