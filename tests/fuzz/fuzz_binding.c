/* A table that was edited binds what it bound before, and what was meant; the rest is the same. */
#include "fuzz.h"

#include <errno.h>
#include <stdlib.h>

#include "binding.h"
#include "binding_line.h"
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
	struct span rest = {text, strlen(text)};
	struct binding_line line;
	struct binding_user user;
	struct problem problem = {""};
	char openid[65], word[272];
	size_t walked = 0;
	uid_t uid, bound;

	while (binding_next(&rest, &line)) {
		EXPECT(line.openid.length < sizeof(openid));
		memcpy(openid, line.openid.at, line.openid.length);
		openid[line.openid.length] = '\0';
		for (; binding_next_user(&line.users, &user); walked++) {
			EXPECT(user.whole.length < sizeof(word));
			memcpy(word, user.whole.at, user.whole.length);
			word[user.whole.length] = '\0';
			EXPECT(users_split(word, &uid, &problem) == 0);
			EXPECT(strlen(word) == user.name.length);
			EXPECT(users_find_link(users, openid, word, &bound) && bound == uid);
			EXPECT(users_has_link(users, openid, word, uid));
			EXPECT(users_has_link(users, openid, word, 1) ==
				(uid == USERS_NO_UID || uid == 1));
		}
	}
	EXPECT(walked == count(users));
}

static uid_t choose(const char *user, uid_t uid, void *context)
{
	(void)user;
	return context == NULL ? uid : *(const uid_t *)context;
}

/* Uids come and go, and nothing else changes. */
static void check_uids(const char *text, const struct users *users)
{
	struct problem problem = {""};
	uid_t number = 7, none = USERS_NO_UID;
	char *made = NULL, *back = NULL;
	struct users *after;
	int rv = binding_set_uids("users", text, strlen(text), NULL, choose, NULL, &made, &problem);

	EXPECT(rv == 0 && strcmp(made, text) == 0);
	free(made);
	rv = binding_set_uids("users", text, strlen(text), NULL, choose, &none, &made, &problem);
	EXPECT(rv == 0);
	rv = binding_set_uids("users", made, strlen(made), NULL, choose, &number, &back, &problem);
	EXPECT(rv == 0 || rv == -EINVAL); /* a line may become too long */
	if (rv == 0) {
		after = parse(back);
		EXPECT(count(after) == count(users));
		for (size_t i = 0; i < count(users) && i < 20; i++) {
			EXPECT(users_has_link(
				after, users_openid_at(users, i), users_user_at(users, i), 7));
			EXPECT(!users_has_link(
				after, users_openid_at(users, i), users_user_at(users, i), 8));
		}
		users_free(&after);
	}
	free(back);
	free(made);
}

static void check_add(const char *text, const struct users *users, const char *openid)
{
	struct problem problem = {""};
	struct users *after;
	char *made = NULL, *back = NULL;
	size_t length = strlen(text);
	int rv = binding_add(
		"users", text, length, openid, "fuzz,fuzz2:9", "a\n#b", &made, &problem);

	EXPECT(rv == 0 || rv == -EINVAL || rv == -EEXIST);
	EXPECT((rv == 0) == (made != NULL) && (rv == 0) == (problem.text[0] == '\0'));
	if (rv < 0)
		return;
	after = parse(made);
	EXPECT(count(after) == count(users) + 2);
	EXPECT(users_has_link(after, openid, "fuzz", 7) &&
		users_has_link(after, openid, "fuzz2", 9));
	EXPECT(!users_has_link(after, openid, "fuzz2", 8));
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
	uid_t uid;

	EXPECT(binding_remove("users", text, strlen(text), openid, user, &made, &problem) == 0);
	after = parse(made);
	EXPECT(count(after) == count(users) - 1 && !users_find_link(after, openid, user, &uid));
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
		check_uids(text, users);
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
