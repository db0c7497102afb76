#include "table.h"

#include <stdio.h>

#include "unit.h"

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
		cmocka_unit_test(test_thousands_are_found_until_removed),
		cmocka_unit_test(test_removing_what_is_not_there),
		cmocka_unit_test(test_each_table_has_its_own_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
