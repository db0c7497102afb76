#include "journal.h"

#include <string.h>
#include <syslog.h>

#include <security/pam_ext.h>

#include "display.h"
#include "requester.h"

/* As display_copy(), and without what would end a field of the line or begin another. */
static void copy_field(char *to, size_t size, const char *from)
{
	display_copy(to, size, from, strlen(from));
	for (; *to != '\0'; to++) {
		if (*to == ' ' || *to == '=' || *to == '"')
			*to = '?';
	}
}

void journal_login(
	pam_handle_t *pamh, const struct requester *requester, const struct journal_entry *entry)
{
	char service[64], user[128], rhost[128], errcode[16], rid[64], detail[512];
	bool ok = entry->reason == REASON_NONE;

	copy_field(service, sizeof(service), requester->service);
	copy_field(rhost, sizeof(rhost), requester->rhost);
	copy_field(user, sizeof(user), entry->user_is_listed ? requester->user : "(unlisted)");
	/* Some of it comes from the helper, and that from the Internet. */
	copy_field(errcode, sizeof(errcode), entry->errcode);
	copy_field(rid, sizeof(rid), entry->rid);
	display_copy(detail, sizeof(detail), entry->detail, strlen(entry->detail));
	pam_syslog(pamh, LOG_AUTHPRIV | (ok ? LOG_INFO : LOG_NOTICE),
		"login=%s service=%s user=%s rhost=%s result=%s%s%s%s%s%s%s%s%s", entry->login,
		service, user, rhost, ok ? "ok" : "refused",
		ok ? "" : " reason=", ok ? "" : reason_word(entry->reason),
		errcode[0] == '\0' ? "" : " errcode=", errcode, rid[0] == '\0' ? "" : " rid=", rid,
		detail[0] == '\0' ? "" : ": ", detail);
}

void journal_problem(pam_handle_t *pamh, const char *problem)
{
	pam_syslog(pamh, LOG_AUTHPRIV | LOG_ERR, "%s", problem);
}

void journal_debug(
	pam_handle_t *pamh, bool debug, const char *login, const char *step, const char *value)
{
	char shown[128];

	if (!debug)
		return;
	/* It may come from the child, and that may be somebody else's by now. */
	copy_field(shown, sizeof(shown), value);
	pam_syslog(pamh, LOG_AUTHPRIV | LOG_DEBUG, "login=%s %s%s", login, step, shown);
}
