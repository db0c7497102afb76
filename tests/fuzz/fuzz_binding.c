/* A table that was edited binds what it bound before, and what was meant; the rest is the same. */
#include "fuzz.h"

#include <errno.h>
#include <stdlib.h>

#include "binding.h"
#include "problem.h"
#include "users.h"

#define OPENID "oFuzz-0000000000000000000_F"

static struct users *parse(const char *text)
{
	struct problem problem = {""};
	struct users *users = NULL;

	EXPECT(users_parse("users", text, strlen(text), &users, &problem) == 0);
	return users;
}

static size_t count(const struct users *users)
{
	size_t found = 0;

	while (users_user_at(users, found) != NULL)
		found++;
	return found;
}

/* Both ways of reading a table see the same. */
static void check_walk(const char *text, const struct users *users)
{
	struct span rest = {text, strlen(text)}, name;
	struct binding_line line;
	char openid[65], user[257];
	size_t walked = 0;

	while (binding_next(&rest, &line)) {
		EXPECT(line.openid.length < sizeof(openid));
		memcpy(openid, line.openid.at, line.openid.length);
		openid[line.openid.length] = '\0';
		for (; binding_next_user(&line.users, &name); walked++) {
			EXPECT(name.length < sizeof(user));
			memcpy(user, name.at, name.length);
			user[name.length] = '\0';
			EXPECT(users_has_link(users, openid, user));
		}
	}
	EXPECT(walked == count(users));
}

static void check_add(const char *text, const struct users *users, const char *openid)
{
	struct problem problem = {""};
	struct users *after;
	char *made = NULL, *back = NULL;
	size_t length = strlen(text);
	int rv = binding_add("users", text, length, openid, "fuzz,fuzz2", "a\n#b", &made, &problem);

	EXPECT(rv == 0 || rv == -EINVAL || rv == -EEXIST);
	EXPECT((rv == 0) == (made != NULL) && (rv == 0) == (problem.text[0] == '\0'));
	if (rv < 0)
		return;
	after = parse(made);
	EXPECT(count(after) == count(users) + 2);
	EXPECT(users_has_link(after, openid, "fuzz") && users_has_link(after, openid, "fuzz2"));
	EXPECT(binding_remove("users", made, strlen(made), openid, "fuzz,fuzz2", &back, &problem) ==
		0);
	/* A new line is gone again, but for the end that the line before it got. */
	if (strcmp(openid, OPENID) == 0)
		EXPECT(strncmp(back, text, length) == 0 && strlen(back + length) <= 1);
	free(back);
	free(made);
	users_free(&after);
}

static void check_remove(const char *text, const struct users *users, size_t index)
{
	const char *openid = users_openid_at(users, index), *user = users_user_at(users, index);
	struct problem problem = {""};
	struct users *after;
	char *made = NULL;

	EXPECT(binding_remove("users", text, strlen(text), openid, user, &made, &problem) == 0);
	after = parse(made);
	EXPECT(count(after) == count(users) - 1 && !users_has_link(after, openid, user));
	users_free(&after);
	free(made);
	EXPECT(binding_remove("users", text, strlen(text), NULL, user, &made, &problem) == 0);
	after = parse(made);
	EXPECT(!users_has_user(after, user));
	users_free(&after);
	free(made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problem problem = {""};
	struct users *users = NULL;
	char *text = calloc(1, size + 1), *made = NULL;

	EXPECT(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	if (users_parse("users", text, size, &users, &problem) == 0) {
		check_walk(text, users);
		check_add(text, users, OPENID);
		for (size_t i = 0; i < 20 && i < count(users); i++) {
			check_add(text, users, users_openid_at(users, i));
			check_remove(text, users, i);
		}
	} else {
		EXPECT(binding_add("users", text, size, OPENID, "fuzz", NULL, &made, &problem) < 0);
		EXPECT(binding_remove("users", text, size, NULL, NULL, &made, &problem) < 0);
		EXPECT(made == NULL);
	}
	users_free(&users);
	free(text);
	return 0;
}
