#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "secret.h"

#define FIRST_PLACES 64

static uint64_t rotate(uint64_t value, int bits)
{
	return value << bits | value >> (64 - bits);
}

static void mix(uint64_t v[static 4], int rounds)
{
	for (; rounds > 0; rounds--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] = rotate(v[2], 32);
	}
}

uint64_t table_hash(const uint64_t seed[static 2], const void *bytes, size_t length)
{
	const unsigned char *at = bytes;
	uint64_t v[4] = {
		seed[0] ^ UINT64_C(0x736f6d6570736575),
		seed[1] ^ UINT64_C(0x646f72616e646f6d),
		seed[0] ^ UINT64_C(0x6c7967656e657261),
		seed[1] ^ UINT64_C(0x7465646279746573),
	};
	uint64_t word = 0;

	for (size_t i = 0; i < length; i++) {
		word |= (uint64_t)at[i] << (i % 8 * 8);
		if (i % 8 == 7) {
			v[3] ^= word;
			mix(v, 2);
			v[0] ^= word;
			word = 0;
		}
	}
	word |= (uint64_t)length << 56;
	v[3] ^= word;
	mix(v, 2);
	v[0] ^= word;
	v[2] ^= 0xff;
	mix(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static struct table_entry **place(
	const struct table *table, struct table_entry **heads, size_t places, const char *key)
{
	return &heads[table_hash(table->seed, key, strlen(key)) & (places - 1)];
}

int table_init(struct table *table)
{
	memset(table, 0, sizeof(*table));
	if (getrandom(table->seed, sizeof(table->seed), 0) != (ssize_t)sizeof(table->seed))
		return -EIO;
	table->heads = calloc(FIRST_PLACES, sizeof(struct table_entry *));
	if (table->heads == NULL)
		return -ENOMEM;
	table->places = FIRST_PLACES;
	return 0;
}

void table_finish(struct table *table)
{
	free(table->heads);
	memset(table, 0, sizeof(*table));
}

static int grow(struct table *table)
{
	size_t places = table->places * 2;
	struct table_entry **heads = calloc(places, sizeof(struct table_entry *));

	if (heads == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < table->places; i++) {
		while (table->heads[i] != NULL) {
			struct table_entry *entry = table->heads[i];
			struct table_entry **head = place(table, heads, places, entry->key);

			table->heads[i] = entry->next;
			entry->next = *head;
			*head = entry;
		}
	}
	free(table->heads);
	table->heads = heads;
	table->places = places;
	return 0;
}

int table_add(struct table *table, struct table_entry *entry)
{
	struct table_entry **head;

	if (table->count >= table->places && grow(table) < 0)
		return -ENOMEM;
	head = place(table, table->heads, table->places, entry->key);
	entry->next = *head;
	*head = entry;
	table->count++;
	return 0;
}

void table_remove(struct table *table, struct table_entry *entry)
{
	struct table_entry **at;

	if (entry->key == NULL)
		return;
	at = place(table, table->heads, table->places, entry->key);
	while (*at != NULL && *at != entry)
		at = &(*at)->next;
	if (*at == NULL)
		return;
	*at = entry->next;
	entry->next = NULL;
	table->count--;
}

struct table_entry *table_find(const struct table *table, const char *key)
{
	size_t length = strlen(key);
	struct table_entry *entry = *place(table, table->heads, table->places, key);

	while (entry != NULL &&
		(strlen(entry->key) != length || !secret_equal(entry->key, key, length)))
		entry = entry->next;
	return entry;
}
