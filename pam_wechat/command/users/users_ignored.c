#include "users_ignored.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "display.h"
#include "pam_folder.h"
#include "pam_stack.h"
#include "problem.h"
#include "settings.h"
#include "text.h"
#include "users.h"

#define PLACE_SIZE 600

/* Whether the line is ours, with unlisted=ignore and this table. */
static bool ignores(const struct pam_entry *entry, const char *users_file)
{
	struct problem ignored;
	struct settings settings;
	bool found;

	if (!pam_entry_is_ours(entry))
		return false;
	found = settings_read(&settings, entry->word_count,
			(const char *const *)(const void *)entry->words, &ignored) == 0 &&
	        settings.unlisted == UNLISTED_IGNORE &&
	        strcmp(settings.users_file, users_file) == 0;
	settings_finish(&settings);
	return found;
}

/* Looks for such a line of one service, and writes "sshd (FILE:LINE)". */
static bool find_line(const char *service, const char *users_file, char place[static PLACE_SIZE])
{
	struct pam_stack *stack = NULL;
	bool found = false;

	if (pam_stack_read(PAM_FOLDER, service, "auth", &stack) < 0)
		return false;
	for (size_t i = 0; !found && i < stack->count; i++) {
		const struct pam_entry *entry = &stack->entries[i];

		found = ignores(entry, users_file);
		if (found)
			(void)text_format(place, PLACE_SIZE, "%s (%s:%ld)", service, entry->file,
				entry->line);
	}
	pam_stack_free(&stack);
	return found;
}

static bool find_service(const char *users_file, char place[static PLACE_SIZE])
{
	struct dirent **files = NULL;
	int count = pam_folder_list(&files);
	bool found = false;

	for (int i = 0; i < count; i++) {
		found = found || find_line(files[i]->d_name, users_file, place);
		free(files[i]);
	}
	free(files);
	return found;
}

int users_ignored_judge(const char *path, const struct users *before, const struct users *after,
	struct problem *problem)
{
	char place[PLACE_SIZE], shown[DISPLAY_BOTH_SIZE];
	const char *user;

	for (size_t i = 0; (user = users_user_at(before, i)) != NULL; i++) {
		if (users_has_user(after, user))
			continue;
		if (!find_service(path, place))
			return 0;
		display_both(shown, user);
		if (users_is_empty(after))
			return problem_set(problem, -EPERM,
				"%s would have no WeChat account any more, nor would anybody: with "
				"unlisted=ignore, %s lets nobody in by an empty table; --force if "
				"you mean it",
				shown, place);
		return problem_set(problem, -EPERM,
			"%s would have no WeChat account any more: with unlisted=ignore, %s asks "
			"him no more for WeChat, and the other lines alone let him in; --force if "
			"you mean it",
			shown, place);
	}
	return 0;
}
