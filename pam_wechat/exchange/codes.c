#include "codes.h"

#include <string.h>

#include "text.h"
#include "token.h"

void codes_init(struct codes *codes)
{
	memset(codes, 0, sizeof(*codes));
	codes->helper = 1;
}

void codes_finish(struct codes *codes)
{
	explicit_bzero(codes, sizeof(*codes));
}

/* Whether the helper knows of a match: that decides for all other codes. */
static bool is_decided(const struct codes *codes)
{
	return codes->matched && codes->told == codes->helper;
}

static bool has_ticket(const struct codes *codes, size_t place)
{
	for (size_t i = 0; i < CODES_TICKETS_MAX; i++) {
		if (codes->tickets[i].number[0] != '\0' && codes->tickets[i].code == place)
			return true;
	}
	return false;
}

/* The place of a code, which is made if there is none. Returns CODES_MAX if there is no room. */
static size_t find_or_add(struct codes *codes, const char *value)
{
	size_t place = 0;

	while (place < codes->count && strcmp(codes->items[place].value, value) != 0)
		place++;
	if (place == codes->count && codes->count < CODES_MAX) {
		struct code *code = &codes->items[codes->count++];

		memcpy(code->value, value, strlen(value) + 1);
		code->state = CODE_QUEUED;
		code->deadline = deadline_in(CODES_MS);
		code->reason = REASON_NOBODY;
	}
	return place;
}

enum reason codes_add(struct codes *codes, const char *ticket, const char *value)
{
	struct ticket *room = NULL;
	size_t place;

	if (codes->reported)
		return REASON_REPORTED;
	if (ticket[0] == '\0' || strlen(ticket) >= sizeof(room->number) || !token_is_code(value))
		return REASON_INTERNAL;
	for (size_t i = 0; i < CODES_TICKETS_MAX && room == NULL; i++) {
		if (codes->tickets[i].number[0] == '\0')
			room = &codes->tickets[i];
	}
	if (room == NULL)
		return REASON_TOO_MANY;
	place = find_or_add(codes, value);
	if (place == CODES_MAX)
		return REASON_TOO_MANY;
	memcpy(room->number, ticket, strlen(ticket) + 1);
	room->code = place;
	return REASON_NOBODY;
}

/* The place of the code in flight, or CODES_MAX. */
static size_t find_in_flight(const struct codes *codes)
{
	for (size_t i = 0; i < codes->count; i++) {
		if (codes->items[i].state == CODE_IN_FLIGHT)
			return i;
	}
	return CODES_MAX;
}

/* The place of the code that is next, or CODES_MAX. */
static size_t find_next(const struct codes *codes)
{
	for (size_t i = 0; i < codes->count; i++) {
		/* Without a ticket nobody could be shown the result: it would be a code wasted. */
		if (codes->items[i].state == CODE_QUEUED && has_ticket(codes, i))
			return i;
	}
	return CODES_MAX;
}

const struct code *codes_start_next(struct codes *codes)
{
	size_t next = find_next(codes);

	if (codes->reported || is_decided(codes) || find_in_flight(codes) != CODES_MAX ||
		next == CODES_MAX)
		return NULL;
	codes->items[next].state = CODE_IN_FLIGHT;
	return &codes->items[next];
}

void codes_finish_current(
	struct codes *codes, enum reason reason, const char *errcode, const char *rid)
{
	size_t place = find_in_flight(codes);
	struct code *code = &codes->items[place % CODES_MAX];

	if (place == CODES_MAX)
		return;
	code->state = CODE_DONE;
	code->reason = reason;
	/* They are for the log: what is too long is cut off. */
	(void)text_format(code->errcode, sizeof(code->errcode), "%s", errcode);
	(void)text_format(code->rid, sizeof(code->rid), "%s", rid);
	if (reason != REASON_NONE)
		return;
	codes->matched = true;
	codes->match = place;
	/* A helper that was restarted since does not wait for it, and will not know. */
	if (has_ticket(codes, codes->match))
		codes->told = codes->helper;
}

bool codes_take_settled(
	struct codes *codes, struct ticket *ticket, const struct code **code, enum reason *reason)
{
	for (size_t i = 0; i < CODES_TICKETS_MAX; i++) {
		struct ticket *waiting = &codes->tickets[i];

		if (waiting->number[0] == '\0')
			continue;
		*code = &codes->items[waiting->code];
		if (!codes->reported && !is_decided(codes) && (*code)->state != CODE_DONE)
			continue;
		*reason = codes->reported ? REASON_REPORTED : (*code)->reason;
		if (*reason == REASON_NONE)
			codes->told = codes->helper;
		*ticket = *waiting;
		memset(waiting, 0, sizeof(*waiting));
		return true;
	}
	return false;
}

void codes_report(struct codes *codes)
{
	codes->reported = true;
}

void codes_forget_tickets(struct codes *codes)
{
	memset(codes->tickets, 0, sizeof(codes->tickets));
	codes->helper++;
}

enum reason codes_verdict(const struct codes *codes, const struct code **code)
{
	*code = NULL;
	if (codes->reported)
		return REASON_REPORTED;
	if (codes->matched) {
		*code = &codes->items[codes->match];
		return REASON_NONE;
	}
	if (find_in_flight(codes) != CODES_MAX || find_next(codes) != CODES_MAX)
		return REASON_ASKING;
	for (size_t i = codes->count; i > 0; i--) {
		if (codes->items[i - 1].state == CODE_DONE) {
			*code = &codes->items[i - 1];
			return (*code)->reason;
		}
	}
	return REASON_NOBODY;
}
