#include "users_check.h"

#include <errno.h>
#include <shadow.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

#include "account.h"
#include "display.h"
#include "problem.h"
#include "report.h"
#include "settings.h"
#include "text.h"
#include "users.h"

#define SECONDS_OF_A_DAY 86400

struct known {
	const char *user;
	int look_up; /* as account_find() returns */
	uid_t uid;
};

struct checking {
	struct users_check found;
	struct known *known; /* users of the table, each once */
	size_t known_count;
	bool wants_uids;
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

		if (known->look_up < 0 || known->uid != uid)
			continue;
		display_copy(other, sizeof(other), known->user, strlen(known->user));
		report_finding(checking, false, user, "has uid %lu, as %s has: two names, one user",
			(unsigned long)uid, other);
		break;
	}
}

static void check_user(struct checking *checking, const char *user)
{
	struct account account;
	struct known known = {.user = user, .look_up = account_find(&account, user)};
	char shell[256];

	if (known.look_up == -ENOENT) {
		display_escape(shell, sizeof(shell), user, strlen(user));
		report_finding(checking, false, user, "this machine has no such user%s%s",
			strcmp(shell, user) == 0 ? "" : ": ",
			strcmp(shell, user) == 0 ? "" : shell);
	} else if (known.look_up < 0) {
		report_finding(checking, false, user, "could not be looked up: %s",
			strerror(-known.look_up));
	} else {
		known.uid = account.uid;
		display_copy(shell, sizeof(shell), account.shell, strlen(account.shell));
		check_uid(checking, user, account.uid);
		check_locks(checking, user, shell);
		account_finish(&account);
	}
	checking->known[checking->known_count++] = known;
}

/* Compares the uid that the table names with this machine's. */
static void check_binding(struct checking *checking, const struct users *users, size_t index)
{
	const char *user = users_user_at(users, index);
	uid_t bound = users_uid_at(users, index);
	const struct known *known = checking->known;
	size_t line = users_line_at(users, index);

	while (strcmp(known->user, user) != 0)
		known++;
	if (known->look_up < 0)
		return;
	if (bound == USERS_NO_UID && checking->wants_uids)
		report_finding(checking, false, user,
			"line %zu names no uid: pam-wechat users uids writes uid %u", line,
			known->uid);
	else if (bound != USERS_NO_UID && bound != known->uid)
		report_finding(checking, false, user,
			"line %zu names uid %u, and this machine has uid %u: nobody gets in by it. "
			"If it is the same person, pam-wechat users uids; if not, pam-wechat users "
			"remove",
			line, bound, known->uid);
}

static void check_openids(struct checking *checking, const struct users *users, const char *user)
{
	const struct known *known = &checking->known[checking->known_count - 1];
	char nothing[1];
	struct text ignored;
	size_t count;

	text_init(&ignored, nothing, sizeof(nothing));
	count = users_add_openids(
		users, user, known->look_up == 0 ? known->uid : USERS_NO_UID, &ignored);
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
		if (users_is_first_at(users, i)) {
			check_user(checking, users_user_at(users, i));
			check_openids(checking, users, users_user_at(users, i));
		}
		check_binding(checking, users, i);
	}
	free(checking->known);
}

struct users_check users_check(const char *path, bool wants_uids, struct report *report)
{
	struct checking checking = {.report = report, .wants_uids = wants_uids};
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
