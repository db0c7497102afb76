#include "users_list.h"

#include <errno.h>
#include <string.h>

#include "account.h"
#include "binding_line.h"
#include "display.h"
#include "problem.h"
#include "report.h"
#include "text.h"
#include "users.h"

#define SHOWN_MAX 300

static const char *show(char shown[static SHOWN_MAX], struct span span)
{
	display_copy(shown, SHOWN_MAX, span.at == NULL ? "" : span.at, span.length);
	return shown;
}

struct columns {
	int openid, user;
};

static struct columns measure(struct span rest)
{
	struct columns columns = {0, 0};
	struct binding_line line;
	struct binding_user user;
	char shown[SHOWN_MAX];

	while (binding_next(&rest, &line)) {
		if ((int)line.openid.length > columns.openid)
			columns.openid = (int)line.openid.length;
		while (binding_next_user(&line.users, &user)) {
			int width = (int)strlen(show(shown, user.whole));

			if (width > columns.user)
				columns.user = width;
		}
	}
	return columns;
}

/* Says what this machine knows of a user. Returns 0 and the uid, or -errno. */
static int look_up(const char *name, uid_t bound, char known_as[static 64], uid_t *uid)
{
	struct account account;
	int rv = account_find(&account, name);

	if (rv < 0) {
		(void)text_format(
			known_as, 64, "%s", rv == -ENOENT ? "no such user" : strerror(-rv));
		return rv;
	}
	*uid = account.uid;
	account_finish(&account);
	if (bound == USERS_NO_UID || bound == *uid)
		(void)text_format(known_as, 64, "uid %u", *uid);
	else
		(void)text_format(known_as, 64, "uid %u, not %u", *uid, bound);
	return 0;
}

static void list_user(struct report *report, struct columns columns,
	const struct binding_line *line, const struct binding_user *user, bool is_first)
{
	char openid[SHOWN_MAX], shown[SHOWN_MAX], comment[SHOWN_MAX], known_as[64];
	struct problem ignored;
	char name[SHOWN_MAX];
	uid_t bound, uid = USERS_NO_UID;
	int rv = text_format(name, sizeof(name), "%.*s", (int)user->whole.length, user->whole.at);

	if (rv == 0)
		rv = users_split(name, &bound, &ignored);
	if (rv < 0)
		return;
	rv = look_up(name, bound, known_as, &uid);
	report_item(report, "bindings");
	report_string(report, "openid", show(openid, line->openid));
	report_string(report, "user", show(shown, user->name));
	report_flag(report, "exists", rv == 0);
	if (rv == 0)
		report_number(report, "uid", (long)uid);
	if (bound != USERS_NO_UID)
		report_number(report, "bound_uid", (long)bound);
	report_string(
		report, "comment", line->comment.at == NULL ? NULL : show(comment, line->comment));
	show(shown, user->whole);
	if (is_first && line->comment.length > 0)
		report_line(report, "%-*s  %-*s  %-12s  # %s", columns.openid, openid, columns.user,
			shown, known_as, comment);
	else
		report_line(report, "%-*s  %-*s  %s", columns.openid, openid, columns.user, shown,
			known_as);
}

bool users_list(const char *table, struct report *report)
{
	const struct span whole = {table, strlen(table)};
	struct columns columns = measure(whole);
	struct span rest = whole;
	struct binding_user user;
	struct binding_line line;

	report_list(report, "bindings");
	while (binding_next(&rest, &line)) {
		struct span users = line.users;

		while (binding_next_user(&users, &user))
			list_user(report, columns, &line, &user, user.whole.at == line.users.at);
	}
	return columns.openid > 0;
}
