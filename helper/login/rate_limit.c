#include "rate_limit.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "client.h"
#include "login.h"
#include "siphash.h"
#include "wire.h"

#define TELL_MS 10000

int rate_limit_init(struct rate_limit *rate_limit)
{
	memset(rate_limit, 0, sizeof(*rate_limit));
	if (getrandom(rate_limit->seed, sizeof(rate_limit->seed), 0) !=
		(ssize_t)sizeof(rate_limit->seed))
		return -EIO;
	rate_limit->entries = calloc(RATE_LIMIT_ENTRIES, sizeof(*rate_limit->entries));
	return rate_limit->entries == NULL ? -ENOMEM : 0;
}

void rate_limit_finish(struct rate_limit *rate_limit)
{
	free(rate_limit->entries);
	memset(rate_limit, 0, sizeof(*rate_limit));
}

static uint64_t hash_key(
	const struct rate_limit *rate_limit, const struct in6_addr *client, const char *id)
{
	unsigned char key[sizeof(*client) + WIRE_LINK_LENGTH];
	size_t length = sizeof(*client);
	struct in6_addr network;

	client_network(client, &network);
	memcpy(key, &network, sizeof(network));
	if (id != NULL) {
		memcpy(key + length, id, WIRE_LINK_LENGTH);
		length += WIRE_LINK_LENGTH;
	}
	return siphash(rate_limit->seed, key, length);
}

/* Its entry, or the one in its set that gives way to it. */
static struct rate_limit_entry *find_entry(struct rate_limit *rate_limit, uint64_t hash)
{
	struct rate_limit_entry *set =
		&rate_limit->entries[hash % RATE_LIMIT_SETS * RATE_LIMIT_WAYS];
	struct rate_limit_entry *soonest = set;

	for (size_t i = 0; i < RATE_LIMIT_WAYS; i++) {
		if (set[i].hash == hash)
			return &set[i];
		if (set[i].whole_ms < soonest->whole_ms)
			soonest = &set[i];
	}
	soonest->hash = hash;
	soonest->whole_ms = 0;
	return soonest;
}

bool rate_limit_charge(struct rate_limit *rate_limit, const struct in6_addr *client, const char *id,
	int64_t now_ms)
{
	struct rate_limit_entry *entry = find_entry(rate_limit, hash_key(rate_limit, client, id));
	int64_t each_ms = id == NULL ? RATE_LIMIT_STRANGERS_MS : RATE_LIMIT_LOGIN_MS;
	int64_t burst = id == NULL ? RATE_LIMIT_STRANGERS_BURST : RATE_LIMIT_LOGIN_BURST;
	int64_t whole_ms = entry->whole_ms < now_ms ? now_ms : entry->whole_ms;

	if (whole_ms - now_ms > (burst - 1) * each_ms)
		return false;
	entry->whole_ms = whole_ms + each_ms;
	return true;
}

bool rate_limit_tell(struct rate_limit *rate_limit, int64_t now_ms)
{
	if (rate_limit->told_ms != 0 && now_ms - rate_limit->told_ms < TELL_MS)
		return false;
	rate_limit->told_ms = now_ms;
	return true;
}
