/*
 * login - the record of one attempt to sign in, and how it ends if it is refused.
 */
#ifndef PAM_WECHAT_MODULE_LOGIN_H
#define PAM_WECHAT_MODULE_LOGIN_H

#include <stdbool.h>

#include <security/pam_modules.h>

#include "attempt.h"
#include "interruption.h"
#include "journal.h"
#include "problem.h"
#include "reason.h"
#include "requester.h"
#include "settings.h"

struct qr;
struct users;

struct login {
	pam_handle_t *pamh;
	int flags;
	struct settings settings;
	struct requester requester;
	struct users *users;
	struct attempt attempt;
	struct qr *qr;
	struct interruption interruption;
	struct journal_entry entry;
	struct problem problem;
	char nickname[128]; /* of who signed in, fit to be shown; "" for none */
	bool is_ready;      /* there is a link: a phone can open it */
	bool waits;         /* a tap is enough: nothing is typed */
	bool guessed;       /* wrong digits were typed for somebody who may pass */
	bool proved;        /* set by verdict_ask() alone */
};

/* No step of a login says PAM_SUCCESS: one that went well says this. */
#define LOGIN_GO_ON (-1)

/* Ends the login: tells the person, leaves the reason for the log. Returns the code for PAM. */
int login_refuse(struct login *login, enum reason reason);

/*
 * Logs login->problem, which the administrator has to mend. Returns the reason that this -errno is
 * for ending the login.
 */
enum reason login_report_problem(struct login *login, int error);

/* Both at once: ends the login because of login->problem. */
int login_refuse_problem(struct login *login, int error);

#endif
