#include "secret.h"

#include <stdlib.h>

#include "unit.h"

static void test_a_new_secret_is_zeroed(void **state)
{
	struct secret *secret = secret_create(1000);

	(void)state;
	assert_non_null(secret);
	assert_int_equal(secret->size, 1000);
	for (size_t i = 0; i < secret->size; i++)
		assert_int_equal(secret->bytes[i], 0);
	secret_free(&secret);
	assert_null(secret);
}

static void test_an_impossible_size_is_no_memory(void **state)
{
	(void)state;
	assert_null(secret_create((size_t)-1));
	assert_null(secret_create((size_t)-1 - sizeof(struct secret) + 1));
}

static void test_freeing_nothing_is_fine(void **state)
{
	struct secret *secret = NULL;
	char *string = NULL;

	(void)state;
	secret_free(&secret);
	assert_null(secret);
	secret_free_string(&string);
	assert_null(string);
}

static void test_a_freed_string_is_null(void **state)
{
	char *string = strdup("4711");

	(void)state;
	secret_free_string(&string);
	assert_null(string);
}

static void test_a_difference_in_any_byte_counts(void **state)
{
	unsigned char a[8], b[8];

	(void)state;
	memset(a, 0x5a, sizeof(a));
	for (size_t i = 0; i < sizeof(a); i++) {
		for (int bit = 0; bit < 8; bit++) {
			memcpy(b, a, sizeof(a));
			b[i] ^= (unsigned char)(1 << bit);
			assert_false(secret_equal(a, b, sizeof(a)));
			assert_true(secret_equal(a, b, i));
		}
	}
	memcpy(b, a, sizeof(a));
	assert_true(secret_equal(a, b, sizeof(a)));
	assert_true(secret_equal("x", "y", 0));
}

static void test_comparison_does_not_end_at_a_nul(void **state)
{
	(void)state;
	assert_false(secret_equal("a\0b", "a\0c", 3));
	assert_true(secret_equal("a\0b", "a\0b", 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_new_secret_is_zeroed),
		cmocka_unit_test(test_an_impossible_size_is_no_memory),
		cmocka_unit_test(test_freeing_nothing_is_fine),
		cmocka_unit_test(test_a_freed_string_is_null),
		cmocka_unit_test(test_a_difference_in_any_byte_counts),
		cmocka_unit_test(test_comparison_does_not_end_at_a_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
