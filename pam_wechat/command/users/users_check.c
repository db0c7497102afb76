#include "users_check.h"

#include <errno.h>
#include <pwd.h>
#include <shadow.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

#include "display.h"
#include "problem.h"
#include "report.h"
#include "settings.h"
#include "text.h"
#include "users.h"

#define SECONDS_OF_A_DAY 86400

struct known {
	const char *user;
	uid_t uid;
};

struct checking {
	struct users_check found;
	struct known *known; /* users of this machine, each once */
	size_t known_count;
	struct report *report;
};

/* `user` NULL: about the table as a whole. */
static void __attribute__((format(printf, 4, 5)))
report_finding(struct checking *checking, bool is_error, const char *user, const char *format, ...)
{
	const char *severity = is_error ? "error" : "warning";
	char sentence[1200], name[300] = "";
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	if (user != NULL)
		display_copy(name, sizeof(name), user, strlen(user));
	*(is_error ? &checking->found.errors : &checking->found.warnings) += 1;
	report_item(checking->report, "findings");
	report_string(checking->report, "severity", severity);
	report_string(checking->report, "user", user == NULL ? NULL : name);
	report_string(checking->report, "problem", sentence);
	report_line(
		checking->report, "%s: %s%s%s", severity, name, user == NULL ? "" : ": ", sentence);
}

static bool ends_with(const char *string, const char *end)
{
	size_t length = strlen(string), tail = strlen(end);

	return length >= tail && strcmp(string + length - tail, end) == 0;
}

/* What an administrator did to shut somebody out, who may believe that it helps against WeChat. */
static void check_locks(struct checking *checking, const char *user, const char *shell)
{
	const struct spwd *entry = getspnam(user);
	const char *word = entry == NULL ? "" : entry->sp_pwdp;

	if (ends_with(shell, "/nologin") || ends_with(shell, "/false"))
		report_finding(checking, false, user, "the shell %s lets nobody in", shell);
	/* "!" alone is someone who never had a password; what stands behind it is one locked. */
	if (word[0] == '!' && word[1] != '\0' && word[1] != '!' && word[1] != '*')
		report_finding(checking, false, user,
			"the password is locked, which does not stop a login by WeChat: to shut "
			"somebody out, use pam-wechat users remove --user");
	if (entry != NULL && entry->sp_expire > 0 &&
		entry->sp_expire <= (long)(time(NULL) / SECONDS_OF_A_DAY))
		report_finding(checking, false, user, "the account has expired");
}

static void check_uid(struct checking *checking, const char *user, uid_t uid)
{
	char other[300];

	if (uid == 0)
		report_finding(checking, false, user,
			"uid 0: whoever has this WeChat account has this machine");
	for (size_t i = 0; i < checking->known_count; i++) {
		const struct known *known = &checking->known[i];

		if (known->uid != uid)
			continue;
		display_copy(other, sizeof(other), known->user, strlen(known->user));
		report_finding(checking, false, user, "has uid %lu, as %s has: two names, one user",
			(unsigned long)uid, other);
		break;
	}
	checking->known[checking->known_count++] = (struct known){user, uid};
}

static void check_user(struct checking *checking, const char *user)
{
	const struct passwd *entry;
	char shell[256];

	errno = 0;
	entry = getpwnam(user);
	if (entry == NULL && (errno == 0 || errno == ENOENT || errno == ESRCH)) {
		report_finding(checking, false, user, "this machine has no such user");
		return;
	}
	if (entry == NULL) {
		report_finding(
			checking, false, user, "could not be looked up: %s", strerror(errno));
		return;
	}
	display_copy(shell, sizeof(shell), entry->pw_shell, strlen(entry->pw_shell));
	check_uid(checking, user, entry->pw_uid);
	check_locks(checking, user, shell);
}

static void check_openids(struct checking *checking, const struct users *users, const char *user)
{
	char nothing[1];
	struct text ignored;
	size_t count;

	text_init(&ignored, nothing, sizeof(nothing));
	count = users_add_openids(users, user, &ignored);
	if (count > SETTINGS_OPENIDS_MAX)
		report_finding(checking, true, user,
			"has %zu openids, and nobody with more than %d gets in: remove some", count,
			SETTINGS_OPENIDS_MAX);
}

static void check_users(struct checking *checking, const struct users *users)
{
	while (users_user_at(users, checking->found.bindings) != NULL)
		checking->found.bindings++;
	checking->known = calloc(checking->found.bindings + 1, sizeof(*checking->known));
	if (checking->known == NULL) {
		report_finding(checking, true, NULL, "out of memory");
		return;
	}
	for (size_t i = 0; i < checking->found.bindings; i++) {
		if (!users_is_first_at(users, i))
			continue;
		check_user(checking, users_user_at(users, i));
		check_openids(checking, users, users_user_at(users, i));
	}
	free(checking->known);
}

struct users_check users_check(const char *path, struct report *report)
{
	struct checking checking = {.report = report};
	struct problem problem = {.text = ""};
	struct users *users = NULL;
	int rv = users_read(path, &users, &problem);

	report_list(report, "findings");
	if (rv < 0)
		report_finding(&checking, true, NULL, "%s%s", problem.text,
			rv == -ENOENT ? ": pam-wechat users add OPENID USER makes it" : "");
	else if (users_is_empty(users))
		report_finding(&checking, false, NULL,
			"%s: binds nobody, so nobody gets in: pam-wechat users add OPENID USER",
			path);
	else
		check_users(&checking, users);
	users_free(&users);
	return checking.found;
}
