/*
 * attempt - one attempt to let WeChat name somebody, by a login or an enrolment: what is asked, and
 * the child that asks it. What a verdict is worth is the caller's to judge.
 */
#ifndef PAM_WECHAT_REQUEST_ATTEMPT_H
#define PAM_WECHAT_REQUEST_ATTEMPT_H

#include <stdbool.h>

#include "child.h"
#include "deadline.h"
#include "progress.h"
#include "reason.h"
#include "wire.h"

struct problem;
struct request;
struct requester;
struct settings;
struct users;

struct attempt {
	struct deadline deadline; /* of all of it; the caller sets it */
	struct request *request;  /* NULL until it is made */
	struct child child;
	bool is_gone; /* the child has left the last question without an answer */
};

#define ATTEMPT_NONE ((struct attempt){.child = CHILD_NONE})

/*
 * Makes the request as request_create() does, starts the child, and waits until the helper knows
 * the link. Returns 0; -ECONNREFUSED if the child refused, and the message in `inbox` says why; or
 * another -errno with the problem set. Either way attempt_end() is to be called, and the inbox
 * wiped.
 */
int attempt_begin(struct attempt *attempt, const struct settings *settings,
	const struct requester *requester, const struct users *users, bool waits,
	struct wire_inbox *inbox, struct problem *problem);

/*
 * Asks the child once what it knows by now. Returns REASON_NONE if the verdict is the one that is
 * wanted; REASON_EXPIRED after the deadline; the reason of a verdict that is a refusal, never
 * REASON_NONE; or REASON_INTERNAL. Without a verdict in time its verb is WIRE_VERB_COUNT. The inbox
 * is to be wiped.
 */
enum reason attempt_ask(struct attempt *attempt, enum wire_verb wanted, struct wire_inbox *inbox);

/*
 * Asks the child how far a phone came: the last question. Returns 0, or -errno for a child that is
 * gone, stuck or older than this question.
 */
int attempt_ask_phone(struct attempt *attempt, enum progress *phone);

/*
 * Lets the helper know how it ended, REASON_NONE if well, so that it writes no line of its own;
 * ends the child and frees the request.
 */
void attempt_end(struct attempt *attempt, enum reason reason);

#endif
