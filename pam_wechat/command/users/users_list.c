#include "users_list.h"

#include <errno.h>
#include <string.h>

#include "account.h"
#include "binding.h"
#include "display.h"
#include "report.h"
#include "text.h"

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
	struct span name;
	char shown[SHOWN_MAX];

	while (binding_next(&rest, &line)) {
		if ((int)line.openid.length > columns.openid)
			columns.openid = (int)line.openid.length;
		while (binding_next_user(&line.users, &name)) {
			int width = (int)strlen(show(shown, name));

			if (width > columns.user)
				columns.user = width;
		}
	}
	return columns;
}

static void list_user(struct report *report, struct columns columns,
	const struct binding_line *line, struct span name, bool is_first)
{
	char openid[SHOWN_MAX], user[SHOWN_MAX], comment[SHOWN_MAX], known_as[64];
	char exact[SHOWN_MAX];
	struct account account;
	int rv = text_format(exact, sizeof(exact), "%.*s", (int)name.length, name.at);

	if (rv == 0)
		rv = account_find(&account, exact);
	if (rv == 0)
		rv = text_format(known_as, sizeof(known_as), "uid %lu", (unsigned long)account.uid);
	else
		(void)text_format(known_as, sizeof(known_as), "%s",
			rv == -ENOENT ? "no such user" : strerror(-rv));
	report_item(report, "bindings");
	report_string(report, "openid", show(openid, line->openid));
	report_string(report, "user", show(user, name));
	report_flag(report, "exists", rv == 0);
	if (rv == 0) {
		report_number(report, "uid", (long)account.uid);
		account_finish(&account);
	}
	report_string(
		report, "comment", line->comment.at == NULL ? NULL : show(comment, line->comment));
	if (is_first && line->comment.length > 0)
		report_line(report, "%-*s  %-*s  %-12s  # %s", columns.openid, openid, columns.user,
			user, known_as, comment);
	else
		report_line(report, "%-*s  %-*s  %s", columns.openid, openid, columns.user, user,
			known_as);
}

bool users_list(const char *table, struct report *report)
{
	const struct span whole = {table, strlen(table)};
	struct columns columns = measure(whole);
	struct span rest = whole, name;
	struct binding_line line;

	report_list(report, "bindings");
	while (binding_next(&rest, &line)) {
		struct span names = line.users;

		while (binding_next_user(&names, &name))
			list_user(report, columns, &line, name, name.at == line.users.at);
	}
	return columns.openid > 0;
}
