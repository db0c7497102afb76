#include "users_uids.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "account.h"
#include "binding_line.h"
#include "display.h"
#include "problem.h"
#include "text.h"
#include "users.h"
#include "users_change.h"

#define SHOWN_MAX 300

static void __attribute__((format(printf, 2, 3)))
complain(const char *user, const char *format, ...)
{
	char shown[DISPLAY_BOTH_SIZE], sentence[SHOWN_MAX];
	va_list arguments;

	display_both(shown, user);
	va_start(arguments, format);
	(void)vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	fprintf(stderr, "pam-wechat users: %s: %s\n", shown, sentence);
}

static const char *say_unknown(int error)
{
	return error == -ENOENT ? "this machine has no such user" : strerror(-error);
}

/* Looks a user up. Returns 0 and the uid, or -errno. */
static int find_uid(const char *user, uid_t *uid)
{
	struct account account;
	int rv = account_find(&account, user);

	*uid = USERS_NO_UID;
	if (rv == 0) {
		*uid = account.uid;
		account_finish(&account);
	}
	return rv;
}

/* Appends one user, with its uid. Returns whether it may be bound. */
static bool fill_user(struct text *text, const struct binding_user *user, bool is_forced)
{
	const char *hint = is_forced ? "" : "; to bind the name all the same, add --force";
	struct problem ignored;
	char name[SHOWN_MAX];
	uid_t bound, uid;
	int rv;

	text_add_bytes(text, user->whole.at, user->whole.length);
	/* What can't be a user is refused later, with a better reason. */
	if (text_format(name, sizeof(name), "%.*s", (int)user->whole.length, user->whole.at) < 0 ||
		users_split(name, &bound, &ignored) < 0)
		return true;
	rv = find_uid(name, &uid);
	if (rv == 0 && uid == 0 && !is_forced) {
		complain(name, "whoever holds that phone would be root; --force if you mean it");
		return false;
	}
	if (rv < 0)
		complain(name, "%s%s", say_unknown(rv), hint);
	else if (bound == USERS_NO_UID)
		text_addf(text, ":%u", uid);
	else if (bound != uid)
		complain(name, "it has uid %u on this machine, not %u%s", uid, bound, hint);
	return is_forced || (rv == 0 && (bound == USERS_NO_UID || bound == uid));
}

bool users_uids_fill(const char *users, bool is_forced, char numbered[static USERS_NUMBERED_MAX])
{
	struct span rest = {users, strlen(users)};
	struct binding_user user;
	struct text text;
	bool may = true;

	text_init(&text, numbered, USERS_NUMBERED_MAX);
	while (binding_next_user(&rest, &user)) {
		if (text.length > 0)
			text_add(&text, ",");
		may &= fill_user(&text, &user, is_forced);
	}
	if (text_finish(&text) == 0)
		return may;
	fprintf(stderr, "pam-wechat users: these are too many names for one line\n");
	return false;
}

struct numbering {
	const char *const *users;
	int count; /* 0: all users that lack a uid */
	bool found[COMMAND_WORDS_MAX];
	bool is_incomplete;
};

static bool is_meant(struct numbering *numbering, const char *user)
{
	for (int i = 0; i < numbering->count; i++) {
		if (strcmp(numbering->users[i], user) == 0)
			return numbering->found[i] = true;
	}
	return numbering->count == 0;
}

/* A binding_choose_uid. */
static uid_t choose(const char *user, uid_t bound, void *context)
{
	struct numbering *numbering = context;
	uid_t uid;
	int rv;

	if (!is_meant(numbering, user))
		return bound;
	rv = find_uid(user, &uid);
	if (rv == 0 && (bound == USERS_NO_UID || bound == uid || numbering->count > 0))
		return uid;
	numbering->is_incomplete = true;
	if (rv < 0)
		complain(user, "%s", say_unknown(rv));
	else
		complain(user,
			"the table says uid %u, and this machine %u. If it is the same person: "
			"pam-wechat users uids %s",
			bound, uid, user);
	return bound;
}

enum command_exit users_uids_write(const char *path, const char *const *users, int count)
{
	struct numbering numbering = {.users = users, .count = count};
	const struct users_change change = {
		.kind = USERS_SETS_UIDS, .choose = choose, .context = &numbering};
	enum command_exit status = users_change(path, &change);

	for (int i = 0; status != COMMAND_USAGE && i < count; i++) {
		if (!numbering.found[i]) {
			complain(users[i], "no line binds this user");
			numbering.is_incomplete = true;
		}
	}
	return status == COMMAND_DONE && numbering.is_incomplete ? COMMAND_REFUSED : status;
}
