#include "finished.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "secret.h"

static struct remembered *of_link(struct table_entry *entry)
{
	return entry == NULL ? NULL
	                     : (struct remembered *)(void *)((char *)entry -
							     offsetof(struct remembered, by_link));
}

static struct remembered *of_state(struct table_entry *entry)
{
	return entry == NULL ? NULL
	                     : (struct remembered *)(void *)((char *)entry -
							     offsetof(struct remembered, by_state));
}

int memory_init(struct memory *memory, size_t limit)
{
	int rv;

	memset(memory, 0, sizeof(*memory));
	TAILQ_INIT(&memory->oldest_first);
	memory->limit = limit;
	rv = table_init(&memory->by_link);
	return rv < 0 ? rv : table_init(&memory->by_state);
}

static void forget(struct memory *memory, struct remembered *remembered)
{
	table_remove(&memory->by_link, &remembered->by_link);
	table_remove(&memory->by_state, &remembered->by_state);
	TAILQ_REMOVE(&memory->oldest_first, remembered, entries);
	explicit_bzero(remembered, sizeof(*remembered));
	free(remembered);
}

void memory_finish(struct memory *memory)
{
	while (!TAILQ_EMPTY(&memory->oldest_first))
		forget(memory, TAILQ_FIRST(&memory->oldest_first));
	table_finish(&memory->by_link);
	table_finish(&memory->by_state);
}

/* All live equally long: the first in the list is the first to go. */
static void expire(struct memory *memory)
{
	struct remembered *first;

	while ((first = TAILQ_FIRST(&memory->oldest_first)) != NULL &&
		deadline_left(first->deadline) == 0)
		forget(memory, first);
}

void memory_add(struct memory *memory, const struct login *login)
{
	struct remembered *remembered = NULL;

	expire(memory);
	memory_forget(memory, login->id, login->state);
	if (memory->by_link.count >= memory->limit)
		forget(memory, TAILQ_FIRST(&memory->oldest_first));
	remembered = calloc(1, sizeof(*remembered));
	if (remembered == NULL)
		return;
	remembered->deadline = deadline_in(MEMORY_MS);
	remembered->language = login->language;
	memcpy(remembered->id, login->id, sizeof(remembered->id));
	memcpy(remembered->state, login->state, sizeof(remembered->state));
	memcpy(remembered->cookie, login->winner->cookie, sizeof(remembered->cookie));
	remembered->by_link.key = remembered->id;
	remembered->by_state.key = remembered->state;
	TAILQ_INSERT_TAIL(&memory->oldest_first, remembered, entries);
	if (table_add(&memory->by_link, &remembered->by_link) < 0 ||
		table_add(&memory->by_state, &remembered->by_state) < 0)
		forget(memory, remembered);
}

void memory_forget(struct memory *memory, const char *id, const char *state)
{
	struct remembered *remembered;

	remembered = of_link(table_find(&memory->by_link, id));
	if (remembered != NULL)
		forget(memory, remembered);
	remembered = of_state(table_find(&memory->by_state, state));
	if (remembered != NULL)
		forget(memory, remembered);
}

const struct remembered *memory_find_link(struct memory *memory, const char *id)
{
	expire(memory);
	return of_link(table_find(&memory->by_link, id));
}

const struct remembered *memory_find_state(struct memory *memory, const char *state)
{
	expire(memory);
	return of_state(table_find(&memory->by_state, state));
}

bool memory_is_winner(const struct remembered *remembered, const char *cookie)
{
	return cookie != NULL && strlen(cookie) == LOGIN_TOKEN_LENGTH &&
	       secret_equal(remembered->cookie, cookie, LOGIN_TOKEN_LENGTH);
}
