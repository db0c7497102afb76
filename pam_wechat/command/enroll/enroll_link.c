#include "enroll_link.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

/* Whom the table links to this openid. `users` NULL: there is no table. */
static void list_others(const struct users *users, const char *openid, char others[OTHERS_MAX])
{
	struct text text;

	text_init(&text, others, OTHERS_MAX);
	for (size_t i = 0; users != NULL && users_user_at(users, i) != NULL; i++) {
		if (strcmp(users_openid_at(users, i), openid) == 0)
			text_addf(&text, "%s%s", text.length == 0 ? "" : ", ",
				users_user_at(users, i));
	}
}

static bool confirm(const char *user, const char *openid, const char *others, struct prompt *prompt)
{
	char question[256 + 2 * DISPLAY_NAME_SIZE + OTHERS_MAX];
	char shown[OTHERS_MAX], shown_user[DISPLAY_NAME_SIZE];

	display_name(shown_user, user);
	(void)text_format(question, sizeof(question), "Link this WeChat to %s?", shown_user);
	if (!prompt_agree(prompt, question))
		return false;
	if (others[0] == '\0')
		return true;
	display_copy(shown, sizeof(shown), others, strlen(others));
	(void)text_format(question, sizeof(question),
		"%s is linked to %s already. Whoever holds this WeChat could then sign in as %s "
		"too.\nAdd %s to that line?",
		openid, shown, shown_user, shown_user);
	return prompt_agree(prompt, question);
}

/* Returns 0; -EEXIST if it is there already; -EAGAIN if the others changed; or another -errno. */
static int append(const char *path, const char *user, const char *openid, const char *others,
	struct problem *problem)
{
	struct update *update = NULL;
	struct users *users = NULL;
	const struct secret *old;
	char now[OTHERS_MAX], comment[64] = "", *text = NULL;
	time_t at = time(NULL);
	struct tm parts;
	int rv = file_update_open(path, &update, problem);

	if (rv < 0)
		return rv;
	old = file_update_contents(update);
	if (old != NULL)
		rv = users_parse(path, old->bytes, old->size - 1, &users, problem);
	if (rv < 0)
		goto out;
	list_others(users, openid, now);
	if (localtime_r(&at, &parts) != NULL)
		(void)strftime(comment, sizeof(comment), "enrolled %Y-%m-%d", &parts);
	rv = binding_add(path, old == NULL ? NULL : old->bytes, old == NULL ? 0 : old->size - 1,
		openid, user, comment, &text, problem);
	if (rv == 0 && strcmp(now, others) != 0)
		rv = -EAGAIN;
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
	struct users *users = NULL;
	char others[OTHERS_MAX];
	bool is_linked;
	int rv;

	do {
		rv = users_read(path, &users, problem);
		if (rv < 0 && rv != -ENOENT)
			return ENROLL_FAILED;
		list_others(users, openid, others);
		is_linked = users != NULL && users_has_link(users, openid, user);
		users_free(&users);
		if (is_linked)
			return ENROLL_LINKED_BEFORE;
		if (!confirm(user, openid, others, prompt))
			return ENROLL_DECLINED;
		rv = append(path, user, openid, others, problem);
		if (rv == -EAGAIN)
			printf("The table was changed in the meantime.\n");
	} while (rv == -EAGAIN);
	if (rv == -EEXIST)
		return ENROLL_LINKED_BEFORE;
	return rv < 0 ? ENROLL_FAILED : ENROLL_LINKED;
}
