#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "secret.h"
#include "siphash.h"

#define FIRST_PLACES 64

static struct table_entry **place(
	const struct table *table, struct table_entry **heads, size_t places, const char *key)
{
	return &heads[siphash(table->seed, key, strlen(key)) & (places - 1)];
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
