/* Every binding of a table that was accepted stands in the bytes that it was made of. */
#include "fuzz.h"

#include <errno.h>

#include "problem.h"
#include "text.h"
#include "token.h"
#include "users.h"

/* Whether a word stands in the bytes, between what may stand around it. */
static bool is_word(const char *bytes, size_t size, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = memmem(bytes, size, word, length); at != NULL;
		at = memmem(at + 1, size - (size_t)(at + 1 - bytes), word, length)) {
		const char *end = at + length;

		if ((at == bytes || strchr(" \t\n,", at[-1]) != NULL) &&
			(end == bytes + size || strchr(" \t\n,:", *end) != NULL))
			return true;
	}
	return false;
}

static void check_user(const struct users *users, const char *bytes, size_t size, size_t index)
{
	const char *user = users_user_at(users, index);
	uid_t uid = users_uid_at(users, index);
	static char list[2 * USERS_FILE_MAX];
	struct text text;
	size_t count;

	EXPECT(is_word(bytes, size, user));
	EXPECT(users_has_user(users, user));
	text_init(&text, list, sizeof(list));
	count = users_add_openids(users, user, uid, &text);
	EXPECT(count >= 1 && text_finish(&text) == 0);
	for (char *at = list; count > 0; count--) {
		char *end = strchrnul(at, '.');

		EXPECT((*end == '\0') == (count == 1));
		*end = '\0';
		EXPECT(token_is_openid(at));
		EXPECT(users_has_link(users, at, user, uid));
		EXPECT(is_word(bytes, size, at));
		at = end + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct users *users = NULL;
	struct problem problem = {""};
	int rv = users_parse("users", (const char *)data, size, &users, &problem);

	EXPECT(rv == 0 || rv == -EINVAL);
	EXPECT((rv == 0) == (users != NULL));
	EXPECT((rv == 0) == (problem.text[0] == '\0'));
	EXPECT(rv == 0 || strncmp(problem.text, "users:", 6) == 0);
	if (rv == 0) {
		EXPECT(users_is_empty(users) == (users_user_at(users, 0) == NULL));
		for (size_t i = 0; i < 100 && users_user_at(users, i) != NULL; i++)
			check_user(users, (const char *)data, size, i);
	}
	users_free(&users);
	return 0;
}
