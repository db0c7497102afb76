#include "attempt.h"

#include <errno.h>

#include "problem.h"
#include "request.h"

#define VERDICT_MS 2000 /* for the child to say what it knows already */
#define HAND_ON_MS 2000 /* for it to hand on how it ended, if it is not stuck */
#define GRACE_MS 100

int attempt_begin(struct attempt *attempt, const struct settings *settings,
	const struct requester *requester, const struct users *users, bool waits,
	struct wire_inbox *inbox, struct problem *problem)
{
	int rv = request_create(
		&attempt->request, settings, requester, users, waits, attempt->deadline, problem);

	if (rv == 0)
		rv = child_start(&attempt->child, settings, attempt->deadline, problem);
	/* One code means one thing: the child has spoken. */
	if (rv == -ECONNREFUSED)
		rv = -EIO;
	if (rv == 0)
		rv = child_announce(&attempt->child, attempt->request, settings, inbox, problem);
	return rv;
}

enum reason attempt_ask(struct attempt *attempt, enum wire_verb wanted, struct wire_inbox *inbox)
{
	const struct wire_message question = {.verb = WIRE_VERDICT};
	const struct wire_message *verdict = &inbox->message;
	int rv = child_ask(&attempt->child, &question, inbox, deadline_in(VERDICT_MS));
	bool is_over = deadline_left(attempt->deadline) == 0;

	attempt->is_gone = rv < 0 && !is_over;
	if (rv < 0 || is_over) {
		inbox->message.verb = WIRE_VERB_COUNT;
		return is_over ? REASON_EXPIRED : REASON_INTERNAL;
	}
	if (verdict->verb == WIRE_REFUSED)
		return reason_of_refusal(verdict->value[WIRE_REASON]);
	return verdict->verb == wanted ? REASON_NONE : REASON_INTERNAL;
}

int attempt_ask_phone(struct attempt *attempt, enum progress *phone)
{
	const struct wire_message question = {.verb = WIRE_HOW_FAR};
	struct wire_inbox inbox;
	int rv = -ECONNRESET;

	if (attempt->child.socket < 0 || attempt->is_gone)
		return rv;
	rv = child_ask(&attempt->child, &question, &inbox, deadline_in(VERDICT_MS));
	if (rv == 0)
		rv = inbox.message.verb == WIRE_THIS_FAR
		             ? progress_parse(inbox.message.value[WIRE_PHONE], phone)
		             : -EBADMSG;
	wire_inbox_wipe(&inbox);
	return rv;
}

void attempt_end(struct attempt *attempt, enum reason reason)
{
	struct wire_message ended = {.verb = WIRE_ENDED};

	ended.value[WIRE_REASON] = reason_word(reason);
	/* Nobody is left to hear of a failure. */
	if (attempt->child.socket >= 0)
		(void)wire_send(attempt->child.socket, &ended);
	child_stop(&attempt->child, attempt->is_gone ? GRACE_MS : HAND_ON_MS);
	request_free(&attempt->request);
}
