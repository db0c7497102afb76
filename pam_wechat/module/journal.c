#include "journal.h"

#include <string.h>
#include <syslog.h>

#include <security/pam_ext.h>

#include "display.h"
#include "requester.h"
#include "text.h"

/* As display_copy(), and without what would end a field of the line or begin another. */
static void copy_field(char *to, size_t size, const char *from)
{
	display_copy(to, size, from, strlen(from));
	for (; *to != '\0'; to++) {
		if (*to == ' ' || *to == '=' || *to == '"')
			*to = '?';
	}
}

static int level_of(enum reason reason)
{
	if (reason == REASON_NONE)
		return LOG_INFO;
	return reason == REASON_WRONG_DIGITS ? LOG_WARNING : LOG_NOTICE;
}

/* Appends a field that may be empty, or, if it is optional, left out then. */
static void add_field(struct text *line, const char *name, const char *value, bool is_optional)
{
	char field[128];

	copy_field(field, sizeof(field), value);
	if (!is_optional || field[0] != '\0')
		text_addf(line, "%s%s=%s", line->length == 0 ? "" : " ", name, field);
}

/* Appends who="Bob Li", with a backslash before '"' and before a backslash. */
static void add_who(struct text *line, const char *who)
{
	size_t characters = 0;

	if (who[0] == '\0')
		return;
	text_add(line, " who=\"");
	for (const char *at = who; *at != '\0'; at++) {
		/* Bytes like these go on with a character that has begun. */
		if (((unsigned char)*at & 0xc0) != 0x80 && ++characters > JOURNAL_WHO_MAX)
			break;
		if (*at == '"' || *at == '\\')
			text_add(line, "\\");
		text_add_bytes(line, at, 1);
	}
	text_add(line, "\"");
}

void journal_login(
	pam_handle_t *pamh, const struct requester *requester, const struct journal_entry *entry)
{
	bool ok = entry->reason == REASON_NONE;
	char bytes[2048], detail[512];
	struct text line;

	text_init(&line, bytes, sizeof(bytes));
	add_field(&line, "login", entry->login, false);
	add_field(&line, "service", requester->service, false);
	add_field(&line, "user", entry->user_is_listed ? requester->user : "(unlisted)", false);
	add_field(&line, "rhost", requester->rhost, false);
	add_field(&line, "result", ok ? "ok" : "refused", false);
	add_field(&line, "reason", ok ? "" : reason_word(entry->reason), true);
	add_field(&line, "phone", entry->has_phone ? progress_word(entry->phone) : "", true);
	/* Enrolment needs whom the table does not bind; of other refusals it says nothing. */
	if (ok || entry->reason == REASON_NOT_LINKED)
		add_field(&line, "openid", entry->openid, true);
	if (ok)
		add_who(&line, entry->who);
	/* Some of it comes from the helper, and that from the Internet. */
	add_field(&line, "errcode", entry->errcode, true);
	add_field(&line, "rid", entry->rid, true);
	display_copy(detail, sizeof(detail), entry->detail, strlen(entry->detail));
	text_addf(&line, "%s%s", detail[0] == '\0' ? "" : ": ", detail);
	pam_syslog(pamh, LOG_AUTHPRIV | level_of(entry->reason), "%s", line.bytes);
}

void journal_problem(pam_handle_t *pamh, const char *problem)
{
	pam_syslog(pamh, LOG_AUTHPRIV | LOG_ERR, "%s", problem);
}

void journal_debug(pam_handle_t *pamh, bool debug, const char *login, const char *step)
{
	if (debug)
		pam_syslog(pamh, LOG_AUTHPRIV | LOG_DEBUG, "login=%s %s", login, step);
}
