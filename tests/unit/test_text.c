#include "text.h"

#include <errno.h>

#include "unit.h"

static void test_additions_follow_one_another(void **state)
{
	char bytes[32];
	struct text text;

	(void)state;
	text_init(&text, bytes, sizeof(bytes));
	assert_string_equal(bytes, "");
	text_add(&text, "one ");
	text_add_bytes(&text, "two three", 3);
	text_addf(&text, " %d-%s", 3, "four");
	assert_string_equal(bytes, "one two 3-four");
	assert_int_equal(text.length, strlen("one two 3-four"));
	assert_int_equal(text_finish(&text), 0);
}

static void test_a_text_that_just_fits_is_whole(void **state)
{
	char bytes[6];
	struct text text;

	(void)state;
	text_init(&text, bytes, sizeof(bytes));
	text_add(&text, "12");
	text_addf(&text, "%d", 345);
	assert_int_equal(text_finish(&text), 0);
	assert_string_equal(bytes, "12345");
}

static void test_one_byte_too_many_is_reported(void **state)
{
	char bytes[8] = "1234567";
	struct text text;

	(void)state;
	text_init(&text, bytes, 5);
	text_add(&text, "12");
	text_add(&text, "345");
	assert_int_equal(text_finish(&text), -ENOSPC);
	assert_string_equal(bytes, "12");
	assert_int_equal(bytes[5], '6');

	text_init(&text, bytes, 5);
	text_addf(&text, "%s", "12345");
	assert_int_equal(text_finish(&text), -ENOSPC);
	assert_non_null(memchr(bytes, '\0', 5));
	assert_int_equal(bytes[5], '6');
}

static void test_nothing_is_added_after_the_text_was_full(void **state)
{
	char bytes[5];
	struct text text;

	(void)state;
	text_init(&text, bytes, sizeof(bytes));
	text_add(&text, "ab");
	text_add(&text, "too long");
	text_add(&text, "c");
	text_addf(&text, "%c", 'd');
	text_add_bytes(&text, "", 0);
	assert_string_equal(bytes, "ab");
	assert_int_equal(text_finish(&text), -ENOSPC);
}

static void test_a_buffer_of_one_byte_holds_the_empty_text_alone(void **state)
{
	char bytes[1];
	struct text text;

	(void)state;
	text_init(&text, bytes, sizeof(bytes));
	text_add(&text, "");
	text_addf(&text, "%s", "");
	assert_int_equal(text_finish(&text), 0);
	text_add(&text, "x");
	assert_int_equal(text_finish(&text), -ENOSPC);
	assert_int_equal(bytes[0], '\0');
}

static void test_bytes_may_hold_a_nul(void **state)
{
	char bytes[8];
	struct text text;

	(void)state;
	text_init(&text, bytes, sizeof(bytes));
	text_add_bytes(&text, "a\0b", 3);
	assert_int_equal(text.length, 3);
	assert_memory_equal(bytes, "a\0b\0", 4);
}

static void test_format_at_once_says_whether_it_fitted(void **state)
{
	char bytes[6];

	(void)state;
	assert_int_equal(text_format(bytes, sizeof(bytes), "%s/%d", "ab", 12), 0);
	assert_string_equal(bytes, "ab/12");
	assert_int_equal(text_format(bytes, sizeof(bytes), "%s/%d", "ab", 123), -ENOSPC);
	assert_string_equal(bytes, "ab/12");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_additions_follow_one_another),
		cmocka_unit_test(test_a_text_that_just_fits_is_whole),
		cmocka_unit_test(test_one_byte_too_many_is_reported),
		cmocka_unit_test(test_nothing_is_added_after_the_text_was_full),
		cmocka_unit_test(test_a_buffer_of_one_byte_holds_the_empty_text_alone),
		cmocka_unit_test(test_bytes_may_hold_a_nul),
		cmocka_unit_test(test_format_at_once_says_whether_it_fitted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
