#include "finished.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "secret.h"

static struct finished_login *of_link(struct table_entry *entry)
{
	return entry == NULL ? NULL
	                     : (struct finished_login *)(void *)((char *)entry -
								 offsetof(struct finished_login,
									 by_link));
}

static struct finished_login *of_state(struct table_entry *entry)
{
	return entry == NULL ? NULL
	                     : (struct finished_login *)(void *)((char *)entry -
								 offsetof(struct finished_login,
									 by_state));
}

int finished_init(struct finished *finished, size_t limit)
{
	int rv;

	memset(finished, 0, sizeof(*finished));
	TAILQ_INIT(&finished->oldest_first);
	finished->limit = limit;
	rv = table_init(&finished->by_link);
	return rv < 0 ? rv : table_init(&finished->by_state);
}

static void forget(struct finished *finished, struct finished_login *finished_login)
{
	table_remove(&finished->by_link, &finished_login->by_link);
	table_remove(&finished->by_state, &finished_login->by_state);
	TAILQ_REMOVE(&finished->oldest_first, finished_login, entries);
	explicit_bzero(finished_login, sizeof(*finished_login));
	free(finished_login);
}

void finished_finish(struct finished *finished)
{
	while (!TAILQ_EMPTY(&finished->oldest_first))
		forget(finished, TAILQ_FIRST(&finished->oldest_first));
	table_finish(&finished->by_link);
	table_finish(&finished->by_state);
}

/* All live equally long: the first in the list is the first to go. */
static void expire(struct finished *finished)
{
	struct finished_login *first;

	while ((first = TAILQ_FIRST(&finished->oldest_first)) != NULL &&
		deadline_left(first->deadline) == 0)
		forget(finished, first);
}

void finished_add(struct finished *finished, const struct login *login)
{
	struct finished_login *finished_login = NULL;

	expire(finished);
	finished_forget(finished, login->id, login->state);
	if (finished->by_link.count >= finished->limit)
		forget(finished, TAILQ_FIRST(&finished->oldest_first));
	finished_login = calloc(1, sizeof(*finished_login));
	if (finished_login == NULL)
		return;
	finished_login->deadline = deadline_in(FINISHED_MS);
	finished_login->language = login->language;
	memcpy(finished_login->id, login->id, sizeof(finished_login->id));
	memcpy(finished_login->state, login->state, sizeof(finished_login->state));
	memcpy(finished_login->cookie, login->winner->cookie, sizeof(finished_login->cookie));
	finished_login->by_link.key = finished_login->id;
	finished_login->by_state.key = finished_login->state;
	TAILQ_INSERT_TAIL(&finished->oldest_first, finished_login, entries);
	if (table_add(&finished->by_link, &finished_login->by_link) < 0 ||
		table_add(&finished->by_state, &finished_login->by_state) < 0)
		forget(finished, finished_login);
}

void finished_forget(struct finished *finished, const char *id, const char *state)
{
	struct finished_login *finished_login;

	finished_login = of_link(table_find(&finished->by_link, id));
	if (finished_login != NULL)
		forget(finished, finished_login);
	finished_login = of_state(table_find(&finished->by_state, state));
	if (finished_login != NULL)
		forget(finished, finished_login);
}

const struct finished_login *finished_find_link(struct finished *finished, const char *id)
{
	expire(finished);
	return of_link(table_find(&finished->by_link, id));
}

const struct finished_login *finished_find_state(struct finished *finished, const char *state)
{
	expire(finished);
	return of_state(table_find(&finished->by_state, state));
}

bool finished_is_winner(const struct finished_login *finished_login, const char *cookie)
{
	return cookie != NULL && strlen(cookie) == LOGIN_TOKEN_LENGTH &&
	       secret_equal(finished_login->cookie, cookie, LOGIN_TOKEN_LENGTH);
}
