/*
 * table - finds things by a key that strangers may choose.
 *
 * Things embed an entry and own it. The hash is SipHash-2-4 under a random seed, so that nobody
 * can make many keys meet in one place; the final comparison takes the same time whatever differs.
 */
#ifndef PAM_WECHAT_LOGIN_TABLE_H
#define PAM_WECHAT_LOGIN_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table_entry {
	const char *key; /* outlives its stay in the table */
	struct table_entry *next;
};

struct table {
	uint64_t seed[2];
	size_t count;
	size_t places; /* a power of two */
	struct table_entry **heads;
};

/* Returns 0 or -errno. */
int table_init(struct table *table);

/* Forgets all entries, which stay their owners'. */
void table_finish(struct table *table);

/* Adds an entry whose key is set and in no other entry. Returns 0 or -ENOMEM. */
int table_add(struct table *table, struct table_entry *entry);

/* Removes an entry; one that was never added is left alone. */
void table_remove(struct table *table, struct table_entry *entry);

/* Returns the entry whose key is `key`, or NULL. */
struct table_entry *table_find(const struct table *table, const char *key);

#endif
