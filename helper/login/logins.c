#include "logins.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crowd.h"
#include "login.h"

/* Whoever counts as one: an address, a network, a local user. */
struct origin {
	struct table_entry by_name;
	struct login_list oldest_first;
	size_t count;
	char name[];
};

#define SPARED_OF_ONE 2 /* logins that phones at one address are finishing */

#define HOLDER(entry, type, member) \
	((entry) == NULL ? NULL : (type *)(void *)((char *)(entry)-offsetof(type, member)))

int logins_init(struct logins *logins, size_t limit, size_t origin_limit)
{
	int rv;

	memset(logins, 0, sizeof(*logins));
	logins->limit = limit;
	logins->origin_limit = origin_limit;
	TAILQ_INIT(&logins->oldest_first);
	rv = finished_init(&logins->finished, limit);
	if (rv == 0)
		rv = table_init(&logins->by_link);
	if (rv == 0)
		rv = table_init(&logins->by_state);
	if (rv == 0)
		rv = table_init(&logins->origins);
	if (rv == 0)
		rv = table_init(&logins->crowds);
	return rv;
}

void logins_finish(struct logins *logins)
{
	finished_finish(&logins->finished);
	table_finish(&logins->by_link);
	table_finish(&logins->by_state);
	table_finish(&logins->origins);
	table_finish(&logins->crowds);
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
	return origin;
}

static void free_if_empty(struct logins *logins, struct origin *origin)
{
	if (origin->count > 0)
		return;
	table_remove(&logins->origins, &origin->by_name);
	free(origin);
}

/* What decides which login makes room: with how many others it shares an origin and an address. */
struct rank {
	bool is_spared;
	size_t fewer, more;
	bool is_finishing;
};

static struct rank rank_of(const struct login *login)
{
	size_t origin = login->origin->count;
	size_t crowd = login->crowd->here;
	bool is_finishing = login_is_finishing(login);

	return (struct rank){
		.is_spared = is_finishing && login->crowd->finishing <= SPARED_OF_ONE,
		.fewer = origin < crowd ? origin : crowd,
		.more = origin < crowd ? crowd : origin,
		.is_finishing = is_finishing,
	};
}

static bool goes_before(const struct rank *rank, const struct rank *other)
{
	if (rank->is_spared != other->is_spared)
		return other->is_spared;
	if (rank->fewer != other->fewer)
		return rank->fewer > other->fewer;
	if (rank->more != other->more)
		return rank->more > other->more;
	return !rank->is_finishing && other->is_finishing;
}

static struct login *next_of(const struct login *login, bool of_origin)
{
	return of_origin ? TAILQ_NEXT(login, of_origin) : TAILQ_NEXT(login, of_all);
}

/* Chooses among the logins of an origin, or among all; `oldest` is the first of them. */
static struct login *choose(struct login *oldest, bool of_origin)
{
	struct login *login, *chosen = oldest;
	struct rank highest;

	for (login = oldest; login != NULL; login = next_of(login, of_origin)) {
		login->crowd->here = 0;
		login->crowd->finishing = 0;
	}
	for (login = oldest; login != NULL; login = next_of(login, of_origin)) {
		login->crowd->here++;
		login->crowd->finishing += login_is_finishing(login);
	}
	highest = rank_of(oldest);
	for (login = oldest; login != NULL; login = next_of(login, of_origin)) {
		struct rank rank = rank_of(login);

		if (goes_before(&rank, &highest)) {
			highest = rank;
			chosen = login;
		}
	}
	return chosen;
}

struct login *logins_find_excess(struct logins *logins, const char *origin_name)
{
	const struct origin *origin = find_origin(logins, origin_name);

	if (origin != NULL && origin->count >= logins->origin_limit)
		return choose(TAILQ_FIRST(&origin->oldest_first), true);
	if (logins->count < logins->limit)
		return NULL;
	return choose(TAILQ_FIRST(&logins->oldest_first), false);
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
	login->crowd = crowd_join(&logins->crowds, NULL);
	if (login->crowd == NULL)
		goto out;
	if (table_add(&logins->by_link, &login->by_link) < 0)
		goto out;
	if (table_add(&logins->by_state, &login->by_state) < 0) {
		table_remove(&logins->by_link, &login->by_link);
		goto out;
	}
	finished_forget(&logins->finished, login->id, login->state);
	TAILQ_INSERT_TAIL(&logins->oldest_first, login, of_all);
	TAILQ_INSERT_TAIL(&origin->oldest_first, login, of_origin);
	login->origin = origin;
	origin->count++;
	logins->count++;
	logins->checks += login_is_check(login);
	rv = 0;
out:
	if (rv < 0 && login->crowd != NULL)
		crowd_leave(&login->crowd);
	free_if_empty(logins, origin);
	return rv;
}

void logins_remove(struct logins *logins, struct login *login)
{
	if (login->origin == NULL)
		return;
	table_remove(&logins->by_link, &login->by_link);
	table_remove(&logins->by_state, &login->by_state);
	TAILQ_REMOVE(&logins->oldest_first, login, of_all);
	TAILQ_REMOVE(&login->origin->oldest_first, login, of_origin);
	crowd_leave(&login->crowd);
	login->origin->count--;
	free_if_empty(logins, login->origin);
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
