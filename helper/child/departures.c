#include "departures.h"

#include <stdlib.h>

#include <event2/event.h>

#include "log.h"
#include "wire.h"

#define LINES 10
#define INTERVAL_S 10

struct departures {
	struct event *interval; /* pending while one lasts */
	unsigned int lines;
	unsigned int others;
};

static void tell_others(struct departures *departures)
{
	if (departures->others > 0)
		log_line("%u more logins ended without a word within %d s", departures->others,
			INTERVAL_S);
	departures->others = 0;
}

static void on_interval(int fd, short what, void *context)
{
	struct departures *departures = context;

	(void)fd;
	(void)what;
	tell_others(departures);
	departures->lines = 0;
}

struct departures *departures_create(struct event_base *base)
{
	struct departures *departures = calloc(1, sizeof(*departures));

	if (departures == NULL)
		return NULL;
	departures->interval = evtimer_new(base, on_interval, departures);
	if (departures->interval == NULL) {
		free(departures);
		return NULL;
	}
	return departures;
}

void departures_free(struct departures **departures)
{
	if (*departures == NULL)
		return;
	tell_others(*departures);
	event_free((*departures)->interval);
	free(*departures);
	*departures = NULL;
}

void departures_note(struct departures *departures, const char *name, enum progress phone)
{
	struct timeval interval = {.tv_sec = INTERVAL_S};
	const char *hint = progress_hint(phone);

	if (departures->lines >= LINES) {
		departures->others++;
		return;
	}
	/* Without the interval's end the others would never be told: then each has its line. */
	if (departures->lines > 0 || event_add(departures->interval, &interval) == 0)
		departures->lines++;
	log_line("login=%.*s ended phone=%s%s%s", WIRE_NAME_LENGTH, name, progress_word(phone),
		hint == NULL ? "" : ": ", hint == NULL ? "" : hint);
}
