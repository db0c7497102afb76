#include "rate_limit.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "login.h"
#include "table.h"

#define TELL_MS 10000

int pace_init(struct pace *pace)
{
	memset(pace, 0, sizeof(*pace));
	if (getrandom(pace->seed, sizeof(pace->seed), 0) != (ssize_t)sizeof(pace->seed))
		return -EIO;
	pace->entries = calloc(PACE_ENTRIES, sizeof(*pace->entries));
	return pace->entries == NULL ? -ENOMEM : 0;
}

void pace_finish(struct pace *pace)
{
	free(pace->entries);
	memset(pace, 0, sizeof(*pace));
}

static uint64_t hash_key(const struct pace *pace, const struct in6_addr *client, const char *id)
{
	unsigned char key[sizeof(*client) + LOGIN_LINK_LENGTH];
	size_t length = sizeof(*client);

	memcpy(key, client, sizeof(*client));
	if (!IN6_IS_ADDR_V4MAPPED(client))
		memset(key + sizeof(*client) / 2, 0, sizeof(*client) / 2);
	if (id != NULL) {
		memcpy(key + length, id, LOGIN_LINK_LENGTH);
		length += LOGIN_LINK_LENGTH;
	}
	return table_hash(pace->seed, key, length);
}

/* Its entry, or the one in its set that gives way to it. */
static struct pace_entry *find_entry(struct pace *pace, uint64_t hash)
{
	struct pace_entry *set = &pace->entries[hash % PACE_SETS * PACE_WAYS];
	struct pace_entry *soonest = set;

	for (size_t i = 0; i < PACE_WAYS; i++) {
		if (set[i].hash == hash)
			return &set[i];
		if (set[i].whole_ms < soonest->whole_ms)
			soonest = &set[i];
	}
	soonest->hash = hash;
	soonest->whole_ms = 0;
	return soonest;
}

bool pace_charge(struct pace *pace, const struct in6_addr *client, const char *id, int64_t now_ms)
{
	struct pace_entry *entry = find_entry(pace, hash_key(pace, client, id));
	int64_t each_ms = id == NULL ? PACE_STRANGERS_MS : PACE_LOGIN_MS;
	int64_t burst = id == NULL ? PACE_STRANGERS_BURST : PACE_LOGIN_BURST;
	int64_t whole_ms = entry->whole_ms < now_ms ? now_ms : entry->whole_ms;

	if (whole_ms - now_ms > (burst - 1) * each_ms)
		return false;
	entry->whole_ms = whole_ms + each_ms;
	return true;
}

bool pace_tell(struct pace *pace, int64_t now_ms)
{
	if (pace->told_ms != 0 && now_ms - pace->told_ms < TELL_MS)
		return false;
	pace->told_ms = now_ms;
	return true;
}
