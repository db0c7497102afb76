/*
 * codes - the codes that phones brought for one login, and what became of each.
 *
 * WeChat calls back twice, at times with the same code and at times with two, and a code works
 * once. So every code is exchanged once, one at a time, at most three of them; whoever brings one
 * again gets the same result. A code that failed bars nothing. A match is final, but for a report.
 */
#ifndef PAM_WECHAT_EXCHANGE_CODES_H
#define PAM_WECHAT_EXCHANGE_CODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deadline.h"
#include "reason.h"
#include "token.h"

#define CODES_MAX 3
#define CODES_MS                                                                        \
	20000 /* for each, from its arrival: WeChat was seen to answer after 15 seconds \
	       */
#define CODES_TICKETS_MAX 64

enum code_state { CODE_QUEUED, CODE_IN_FLIGHT, CODE_DONE };

struct code {
	char value[TOKEN_CODE_MAX + 1];
	enum code_state state;
	struct deadline deadline; /* its phone is told something by then */
	enum reason reason;       /* once it is done; REASON_NONE: it names somebody who may pass */
	char errcode[16], rid[64];
};

/* A callback that the helper holds until its code is done. */
struct ticket {
	char number[24]; /* the helper's; "" for a free place */
	size_t code;
};

struct codes {
	struct code items[CODES_MAX];
	size_t count;
	struct ticket tickets[CODES_TICKETS_MAX];
	bool reported;
	bool matched;
	size_t match;        /* the code that won */
	unsigned int helper; /* counts the connections to the helper, from 1 */
	unsigned int told;   /* the connection over which the match was told; 0 for none */
};

void codes_init(struct codes *codes);

/* Wipes everything. */
void codes_finish(struct codes *codes);

/*
 * Takes a callback. Returns REASON_NOBODY if its ticket waits now, to be settled by a later
 * codes_take_settled(); or why it is not waited for: REASON_TOO_MANY, REASON_REPORTED, or
 * REASON_INTERNAL for what is no ticket or no code.
 * After a match another code is not looked at, but settled at once; unless the helper was
 * restarted meanwhile and no longer knows who won: then it is exchanged, and wins if it names the
 * same person.
 */
enum reason codes_add(struct codes *codes, const char *ticket, const char *value);

/* The code to be exchanged now, marked as in flight; NULL if one is already, or none waits. */
const struct code *codes_start_next(struct codes *codes);

/* Says what became of the code in flight. `errcode` and `rid` may be "". */
void codes_finish_current(
	struct codes *codes, enum reason reason, const char *errcode, const char *rid);

/*
 * Takes out one ticket whose outcome is known. Returns false if there is none. *reason becomes
 * REASON_NONE for the winning code, REASON_NOBODY for one that was not looked at because of it,
 * or else the reason it failed; *code is the code it waited for.
 */
bool codes_take_settled(
	struct codes *codes, struct ticket *ticket, const struct code **code, enum reason *reason);

/* Somebody tapped "This isn't me". */
void codes_report(struct codes *codes);

/* The connection to the helper was lost: its tickets mean nothing to the next one. */
void codes_forget_tickets(struct codes *codes);

/*
 * What is known by now: REASON_NONE after a match, REASON_REPORTED after a report, REASON_ASKING
 * while a code is being exchanged or is about to be, the reason of the code that failed last, or
 * REASON_NOBODY. *code is the code that matched or failed, NULL for none.
 */
enum reason codes_verdict(const struct codes *codes, const struct code **code);

#endif
