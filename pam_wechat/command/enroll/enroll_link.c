#include "enroll_link.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "account.h"
#include "binding.h"
#include "display.h"
#include "file_update.h"
#include "lines.h"
#include "problem.h"
#include "prompt.h"
#include "secret.h"
#include "text.h"
#include "users.h"

/* All users of one line of the table, with ", " between them. */
#define OTHERS_MAX (2 * LINES_LENGTH_MAX)

struct wish {
	const char *user, *openid;
	uid_t uid;
};

uid_t enroll_uid_of(const char *user)
{
	struct account account;
	uid_t uid = USERS_NO_UID;

	if (account_find(&account, user) == 0) {
		uid = account.uid;
		account_finish(&account);
	}
	return uid;
}

/* What the table says of this openid. */
struct present {
	char others[OTHERS_MAX]; /* the other users, with ", " between them */
	bool is_linked;          /* to the user, and the line counts for their account */
	bool is_outdated;        /* to the user, with another uid, which is `uid` */
	uid_t uid;
};

/* `users` NULL: there is no table. */
static void look(const struct users *users, const struct wish *wish, struct present *present)
{
	struct text text;

	memset(present, 0, sizeof(*present));
	text_init(&text, present->others, sizeof(present->others));
	if (users == NULL)
		return;
	present->is_linked = users_has_link(users, wish->openid, wish->user, wish->uid);
	present->is_outdated = !present->is_linked &&
	                       users_find_link(users, wish->openid, wish->user, &present->uid);
	for (size_t i = 0; users_user_at(users, i) != NULL; i++) {
		if (strcmp(users_openid_at(users, i), wish->openid) == 0 &&
			strcmp(users_user_at(users, i), wish->user) != 0)
			text_addf(&text, "%s%s", text.length == 0 ? "" : ", ",
				users_user_at(users, i));
	}
}

static bool is_equal(const struct present *one, const struct present *other)
{
	return strcmp(one->others, other->others) == 0 && one->is_outdated == other->is_outdated &&
	       one->uid == other->uid;
}

static bool confirm(const struct wish *wish, const struct present *present, struct prompt *prompt)
{
	char question[256 + 2 * DISPLAY_NAME_SIZE + OTHERS_MAX];
	char shown[OTHERS_MAX], user[DISPLAY_NAME_SIZE];

	display_name(user, wish->user);
	(void)text_format(question, sizeof(question), "Link this WeChat to %s?", user);
	if (!prompt_agree(prompt, question))
		return false;
	if (present->is_outdated) {
		(void)text_format(question, sizeof(question),
			"It is linked to a %s with uid %u, and %s has another uid on this machine: "
			"perhaps the name was given\nto somebody else. Write the new uid?",
			user, present->uid, user);
		return prompt_agree(prompt, question);
	}
	if (present->others[0] == '\0')
		return true;
	display_copy(shown, sizeof(shown), present->others, strlen(present->others));
	(void)text_format(question, sizeof(question),
		"%s is linked to %s already. Whoever holds this WeChat could then sign in as %s "
		"too.\nAdd %s to that line?",
		wish->openid, shown, user, user);
	return prompt_agree(prompt, question);
}

/* A binding_choose_uid: the context is the wish. */
static uid_t choose(const char *user, uid_t bound, void *context)
{
	const struct wish *wish = context;

	return strcmp(user, wish->user) == 0 ? wish->uid : bound;
}

/* Makes the text of the new table. Returns as binding_add(). */
static int make_text(const char *path, const struct secret *old, struct wish *wish,
	bool is_outdated, char **text, struct problem *problem)
{
	const char *bytes = old == NULL ? NULL : old->bytes;
	size_t length = old == NULL ? 0 : old->size - 1;
	char user[300], comment[64] = "";
	time_t at = time(NULL);
	struct tm parts;
	int rv;

	if (is_outdated)
		return binding_set_uids(
			path, bytes, length, wish->openid, choose, wish, text, problem);
	if (localtime_r(&at, &parts) != NULL)
		(void)strftime(comment, sizeof(comment), "enrolled %Y-%m-%d", &parts);
	if (wish->uid == USERS_NO_UID)
		rv = text_format(user, sizeof(user), "%s", wish->user);
	else
		rv = text_format(user, sizeof(user), "%s:%u", wish->user, wish->uid);
	if (rv < 0)
		return problem_set(problem, -EINVAL, "a user's name has at most 256 bytes");
	return binding_add(path, bytes, length, wish->openid, user, comment, text, problem);
}

/* Returns 0; -EEXIST if it is there already; -EAGAIN if the others changed; or another -errno. */
static int append(
	const char *path, struct wish *wish, const struct present *seen, struct problem *problem)
{
	struct update *update = NULL;
	struct users *users = NULL;
	const struct secret *old;
	struct present now;
	char *text = NULL;
	int rv = file_update_open(path, &update, problem);

	if (rv < 0)
		return rv;
	old = file_update_contents(update);
	if (old != NULL)
		rv = users_parse(path, old->bytes, old->size - 1, &users, problem);
	if (rv < 0)
		goto out;
	look(users, wish, &now);
	if (now.is_linked)
		rv = -EEXIST;
	else if (!is_equal(&now, seen))
		rv = -EAGAIN;
	if (rv == 0)
		rv = make_text(path, old, wish, now.is_outdated, &text, problem);
	if (rv == 0)
		rv = file_update_write(update, text, strlen(text), 0600, problem);
out:
	free(text);
	users_free(&users);
	file_update_close(&update);
	return rv;
}

enum enroll_link enroll_link(const char *path, const char *user, const char *openid,
	struct prompt *prompt, struct problem *problem)
{
	struct wish wish = {.user = user, .openid = openid, .uid = enroll_uid_of(user)};
	struct users *users = NULL;
	struct present present;
	int rv;

	do {
		rv = users_read(path, &users, problem);
		if (rv < 0 && rv != -ENOENT)
			return ENROLL_FAILED;
		look(users, &wish, &present);
		users_free(&users);
		if (present.is_linked)
			return ENROLL_LINKED_BEFORE;
		if (!confirm(&wish, &present, prompt))
			return ENROLL_DECLINED;
		rv = append(path, &wish, &present, problem);
		if (rv == -EAGAIN)
			printf("The table was changed in the meantime.\n");
	} while (rv == -EAGAIN);
	if (rv == -EEXIST)
		return ENROLL_LINKED_BEFORE;
	return rv < 0 ? ENROLL_FAILED : ENROLL_LINKED;
}
