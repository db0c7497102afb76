#include "logins.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "login.h"

/* Whoever counts as one: an address, a network, a local user. */
struct origin {
	struct table_entry by_name;
	TAILQ_ENTRY(origin) entries; /* in the list of its count */
	TAILQ_HEAD(, login) oldest_first;
	size_t count;
	char name[];
};

#define HOLDER(entry, type, member) \
	((entry) == NULL ? NULL : (type *)(void *)((char *)(entry)-offsetof(type, member)))

int logins_init(struct logins *logins, size_t limit)
{
	int rv;

	memset(logins, 0, sizeof(*logins));
	logins->limit = limit;
	for (size_t i = 0; i <= LOGINS_PER_ORIGIN; i++)
		TAILQ_INIT(&logins->by_count[i]);
	rv = finished_init(&logins->finished, limit);
	if (rv == 0)
		rv = table_init(&logins->by_link);
	if (rv == 0)
		rv = table_init(&logins->by_state);
	if (rv == 0)
		rv = table_init(&logins->origins);
	return rv;
}

void logins_finish(struct logins *logins)
{
	finished_finish(&logins->finished);
	table_finish(&logins->by_link);
	table_finish(&logins->by_state);
	table_finish(&logins->origins);
}

static struct origin *find_origin(const struct logins *logins, const char *name)
{
	return HOLDER(table_find(&logins->origins, name), struct origin, by_name);
}

static struct origin *make_origin(struct logins *logins, const char *name)
{
	size_t length = strlen(name);
	struct origin *origin = calloc(1, sizeof(*origin) + length + 1);

	if (origin == NULL)
		return NULL;
	memcpy(origin->name, name, length + 1);
	origin->by_name.key = origin->name;
	TAILQ_INIT(&origin->oldest_first);
	if (table_add(&logins->origins, &origin->by_name) < 0) {
		free(origin);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&logins->by_count[0], origin, entries);
	return origin;
}

/* Moves an origin to the list of its new count, or frees it when it has no logins left. */
static void recount(struct logins *logins, struct origin *origin, size_t count)
{
	TAILQ_REMOVE(&logins->by_count[origin->count], origin, entries);
	origin->count = count;
	if (count > 0) {
		TAILQ_INSERT_TAIL(&logins->by_count[count], origin, entries);
		return;
	}
	table_remove(&logins->origins, &origin->by_name);
	free(origin);
}

struct login *logins_find_excess(struct logins *logins, const char *origin_name)
{
	struct origin *origin = find_origin(logins, origin_name);

	if (origin != NULL && origin->count >= LOGINS_PER_ORIGIN)
		return TAILQ_FIRST(&origin->oldest_first);
	if (logins->count < logins->limit)
		return NULL;
	for (size_t i = LOGINS_PER_ORIGIN; i > 0; i--) {
		origin = TAILQ_FIRST(&logins->by_count[i]);
		if (origin != NULL)
			return TAILQ_FIRST(&origin->oldest_first);
	}
	return NULL;
}

int logins_add(struct logins *logins, struct login *login)
{
	struct origin *origin = NULL;
	int rv = -ENOMEM;

	if (logins_find_link(logins, login->id) != NULL ||
		logins_find_state(logins, login->state) != NULL)
		return -EEXIST;
	origin = find_origin(logins, login->origin_name);
	if (origin == NULL)
		origin = make_origin(logins, login->origin_name);
	if (origin == NULL)
		return -ENOMEM;
	if (table_add(&logins->by_link, &login->by_link) < 0)
		goto out;
	if (table_add(&logins->by_state, &login->by_state) < 0) {
		table_remove(&logins->by_link, &login->by_link);
		goto out;
	}
	finished_forget(&logins->finished, login->id, login->state);
	TAILQ_INSERT_TAIL(&origin->oldest_first, login, of_origin);
	login->origin = origin;
	logins->count++;
	logins->checks += login_is_check(login);
	rv = 0;
out:
	recount(logins, origin, origin->count + (rv == 0 ? 1 : 0));
	return rv;
}

void logins_remove(struct logins *logins, struct login *login)
{
	if (login->origin == NULL)
		return;
	table_remove(&logins->by_link, &login->by_link);
	table_remove(&logins->by_state, &login->by_state);
	TAILQ_REMOVE(&login->origin->oldest_first, login, of_origin);
	recount(logins, login->origin, login->origin->count - 1);
	login->origin = NULL;
	logins->count--;
	logins->checks -= login_is_check(login);
	if (login->winner != NULL && !login->reported)
		finished_add(&logins->finished, login);
}

struct login *logins_find_link(const struct logins *logins, const char *id)
{
	return HOLDER(table_find(&logins->by_link, id), struct login, by_link);
}

struct login *logins_find_state(const struct logins *logins, const char *state)
{
	return HOLDER(table_find(&logins->by_state, state), struct login, by_state);
}
