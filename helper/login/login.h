/*
 * login - one attempt to sign in that waits for a phone, and the browsers that opened it.
 *
 * The person at the terminal may be the attacker: he knows link and state from the start. So a
 * login trusts neither. A browser is known by a cookie this login gave it; it approves by its own
 * form's token; only a code that an approving browser brought is handed on; and the pin is shown
 * to the browser whose code won, alone.
 */
#ifndef PAM_WECHAT_LOGIN_LOGIN_H
#define PAM_WECHAT_LOGIN_LOGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "deadline.h"
#include "language.h"
#include "progress.h"
#include "reason.h"
#include "table.h"
#include "wire.h"

#define LOGIN_BROWSERS_MAX 8
#define LOGIN_TICKETS_MAX 16
#define LOGIN_TOKEN_LENGTH 32
#define LOGIN_ORIGIN_MAX 512

struct crowd;
struct details;
struct in6_addr;
struct origin;
struct peer;
struct pending_reply;
struct wire_message;

/* Why a browser's code has failed. */
struct outcome {
	enum reason reason;
	char errcode[17], rid[65]; /* WeChat's, fit to be shown; "": none */
};

struct browser {
	char cookie[LOGIN_TOKEN_LENGTH + 1]; /* "": a free place */
	char token[LOGIN_TOKEN_LENGTH + 1];
	bool approved;
	struct outcome *outcome; /* that it did not wait for, until it continues; or NULL */
	unsigned long born;      /* counts this login's browsers */
};

/* A code that was handed on and whose RESULT has not come yet. */
struct ticket {
	TAILQ_ENTRY(ticket) entries;
	uint64_t number;
	struct browser *browser;             /* approved, so it stays in its place */
	struct pending_reply *pending_reply; /* whose answer waits, or NULL: it waits no longer */
	int64_t since_ms;                    /* when it was handed on, by deadline_now() */
};
TAILQ_HEAD(tickets, ticket);

struct login {
	struct table_entry by_link, by_state;
	TAILQ_ENTRY(login) of_all, of_origin;
	struct origin *origin; /* NULL while it is in no tables */
	struct crowd *crowd;   /* NULL while it is in no tables */
	struct peer *peer;     /* the child that registered it, as part of its connection */
	struct deadline deadline;
	char id[WIRE_LINK_LENGTH + 1]; /* last part of the link */
	char state[WIRE_STATE_LENGTH + 1];
	char *authorize_url;
	char *authorize_origin; /* "https://host[:port]" of it */
	char *origin_name;
	struct details *details;
	enum language language;
	enum progress phone; /* how far one came */
	bool opened, reported;
	unsigned int callbacks; /* that brought a code */
	struct browser browsers[LOGIN_BROWSERS_MAX];
	unsigned long browsers_born;
	struct browser *winner; /* once set, for good */
	char nickname[128];     /* of who won, fit to be shown, not yet escaped; "": unknown */
	char pin[WIRE_PIN_LENGTH + 1]; /* "": the terminal goes on by itself */
	struct tickets tickets;
	size_t ticket_count;
};

/* What a browser (NULL: an unknown one) may see of a login. */
enum login_stage {
	LOGIN_ASK,      /* nobody has finished: ask it */
	LOGIN_WON,      /* its code won: the pin, if there is one */
	LOGIN_NEUTRAL,  /* another browser's code won */
	LOGIN_REPORTED, /* somebody tapped "This isn't me": nobody gets any further */
};

/*
 * Makes a login of a REGISTER message. Its link has to be `public_url`, "/l/" and twelve letters or
 * digits. Returns 0; -EINVAL and the fault, for the log of whoever sent it; or -ENOMEM.
 */
int login_create(const struct wire_message *message, const char *public_url, struct login **login,
	const char **fault);

/* Wipes and frees *login, which is in no tables and holds no answers, and sets it to NULL. */
void login_free(struct login **login);

/* Whether nobody signs in: pam-wechat doctor tries the way, or the administrator links a WeChat. */
bool login_is_check(const struct login *login);
bool login_enrols(const struct login *login);

/*
 * Whether a phone is about to finish it, or has: a code of its is being asked about, or has won,
 * and nobody has said "This isn't me".
 */
bool login_is_finishing(const struct login *login);

/*
 * A browser at this address opened the login, or tapped Continue: the login counts there from now
 * on. For want of memory it counts where it did.
 */
void login_count_at(struct login *login, const struct in6_addr *client);

/* The browser whose cookie this is (NULL: none), or NULL. */
struct browser *login_find_browser(struct login *login, const char *cookie);

/*
 * Gives out a new cookie and token. The oldest browser that approved nothing makes room. Returns 0;
 * -ENOSPC if all have approved; or another -errno.
 */
int login_admit(struct login *login, struct browser **browser);

bool login_is_token(const struct browser *browser, const char *token);

enum login_stage login_stage(const struct login *login, const struct browser *browser);

/* Makes a ticket for an approving browser's code. Returns 0, -ENOSPC or -ENOMEM. */
int login_issue_ticket(
	struct login *login, struct browser *browser, uint64_t number, struct ticket **ticket);

/* Whether a code of this browser (NULL: none) was handed on and its RESULT has not come yet. */
bool login_is_asking(const struct login *login, const struct browser *browser);

/*
 * Keeps the outcome for a browser that does not wait for it, in place of an older one. Without
 * memory it is lost, and the browser asked again.
 */
void login_keep_outcome(struct browser *browser, const struct outcome *outcome);

/* Forgets it. */
void login_drop_outcome(struct browser *browser);

struct ticket *login_find_ticket(struct login *login, uint64_t number);

/* Removes and frees a ticket whose answer no longer waits. */
void login_drop_ticket(struct login *login, struct ticket *ticket);

/*
 * This browser's code won, unless another's did before. The first pin stays; NULL: there is none to
 * be typed, because the terminal goes on by itself. The nickname may be NULL.
 */
void login_win(struct login *login, struct browser *browser, const char *pin, const char *nickname);

/* Ends the login: from now on its stage is LOGIN_REPORTED for everybody. */
void login_report(struct login *login);

#endif
