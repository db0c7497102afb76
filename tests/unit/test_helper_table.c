#include "table.h"

#include <stdio.h>

#include "unit.h"

/* The first vectors of SipHash's authors: key 00..0f, messages of 0, 1, 7, 8 and 15 bytes. */
static void test_siphash_as_its_authors_have_it(void **state)
{
	static const uint64_t seed[2] = {
		UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};
	static const unsigned char bytes[15] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};

	(void)state;
	assert_true(table_hash(seed, bytes, 0) == UINT64_C(0x726fdb47dd0e0e31));
	assert_true(table_hash(seed, bytes, 1) == UINT64_C(0x74f839c593dc67fd));
	assert_true(table_hash(seed, bytes, 7) == UINT64_C(0xab0200f58b01d137));
	assert_true(table_hash(seed, bytes, 8) == UINT64_C(0x93f5f5799a932462));
	assert_true(table_hash(seed, bytes, 15) == UINT64_C(0xa129ca6149be45e5));
}

static void test_thousands_are_found_until_removed(void **state)
{
	enum { MANY = 3000 };
	static struct table_entry entries[MANY];
	static char keys[MANY][16];
	struct table table;

	(void)state;
	assert_int_equal(table_init(&table), 0);
	for (int i = 0; i < MANY; i++) {
		snprintf(keys[i], sizeof(keys[i]), "key-%d", i);
		entries[i].key = keys[i];
		assert_int_equal(table_add(&table, &entries[i]), 0);
	}
	for (int i = 0; i < MANY; i += 2)
		table_remove(&table, &entries[i]);
	assert_int_equal(table.count, MANY / 2);
	for (int i = 0; i < MANY; i++)
		assert_ptr_equal(table_find(&table, keys[i]), i % 2 == 0 ? NULL : &entries[i]);
	assert_null(table_find(&table, "key"));
	assert_null(table_find(&table, ""));
	table_finish(&table);
}

static void test_removing_what_is_not_there(void **state)
{
	struct table_entry never = {.key = NULL}, other = {.key = "other"};
	struct table table;

	(void)state;
	assert_int_equal(table_init(&table), 0);
	table_remove(&table, &never);
	table_remove(&table, &other);
	assert_int_equal(table.count, 0);
	table_finish(&table);
}

static void test_each_table_has_its_own_seed(void **state)
{
	struct table a, b;

	(void)state;
	assert_int_equal(table_init(&a), 0);
	assert_int_equal(table_init(&b), 0);
	assert_memory_not_equal(a.seed, b.seed, sizeof(a.seed));
	table_finish(&a);
	table_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_siphash_as_its_authors_have_it),
		cmocka_unit_test(test_thousands_are_found_until_removed),
		cmocka_unit_test(test_removing_what_is_not_there),
		cmocka_unit_test(test_each_table_has_its_own_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
