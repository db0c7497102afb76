/*
 * journal - the module's lines in the system's log: one for each login, and what is wrong.
 *
 * No secret, code, state, pin, token or URL is ever logged. A login is named by the first six
 * characters of its link; users whom the table does not name are not named here either, because
 * people type passwords at the wrong prompt.
 */
#ifndef PAM_WECHAT_MODULE_JOURNAL_H
#define PAM_WECHAT_MODULE_JOURNAL_H

#include <stdbool.h>

#include <security/pam_modules.h>

#include "progress.h"
#include "reason.h"
#include "token.h"

#define JOURNAL_WHO_MAX 64 /* characters; a character has at most four bytes */

struct requester;

struct journal_entry {
	char login[8]; /* "" before there is a link */
	bool user_is_listed;
	enum reason reason;
	bool has_phone;
	enum progress phone;               /* how far a phone came, if that is known */
	char openid[TOKEN_OPENID_MAX + 1]; /* "" for one that is not known or not to be logged */
	char who[JOURNAL_WHO_MAX * 4 + 1]; /* the comment of the users table, as the openid */
	char errcode[16];                  /* WeChat's, "" for none */
	char rid[64];
	char detail[512]; /* a sentence, "" for none */
};

/* Logs the end of a login: result=ok if the reason is REASON_NONE, or else result=refused. */
void journal_login(
	pam_handle_t *pamh, const struct requester *requester, const struct journal_entry *entry);

/* Logs what the administrator has to mend. */
void journal_problem(pam_handle_t *pamh, const char *problem);

/* Logs a step of a login, where the settings ask for it. */
void journal_debug(pam_handle_t *pamh, bool debug, const char *login, const char *step);

#endif
