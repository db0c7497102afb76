#include "decimal.h"

#include <errno.h>

#include "exact.h"
#include "unit.h"

static void test_a_number_is_digits_alone(void **state)
{
	static const struct {
		const char *string;
		int64_t number;
	} good[] = {{"0", 0}, {"7", 7}, {"10", 10}, {"1234567890", 1234567890}, {"000", 0},
		{"007", 7}, {"0000000000000000042", 42}};
	static const char *const bad[] = {"", " ", " 1", "1 ", "+1", "-1", "-0", "1.0", "1e3",
		"0x10", "ten", "1,000", "1\n", "/", ":", "\xd9\xa1", "\xff"};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_int_equal(
			decimal_parse_string(exact(good[i].string), 0, INT64_MAX), good[i].number);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(decimal_parse_string(exact(bad[i]), 0, INT64_MAX), -EINVAL);
}

static void test_both_bounds_belong_to_the_range(void **state)
{
	static const struct {
		const char *string;
		int64_t low, high, number;
	} cases[] = {{"29", 30, 300, -EINVAL}, {"30", 30, 300, 30}, {"300", 30, 300, 300},
		{"301", 30, 300, -EINVAL}, {"3000", 30, 300, -EINVAL}, {"0", 0, 0, 0},
		{"1", 0, 0, -EINVAL}, {"5", 0, 3, -EINVAL}, {"9", 0, 10, 9}, {"11", 0, 10, -EINVAL},
		{"030", 30, 300, 30}, {"0030", 30, 300, -EINVAL}, {"00", 0, 0, -EINVAL}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(
			decimal_parse_string(exact(cases[i].string), cases[i].low, cases[i].high),
			cases[i].number);
}

static void test_what_does_not_fit_is_refused(void **state)
{
	(void)state;
	assert_int_equal(
		decimal_parse_string(exact("9223372036854775807"), 0, INT64_MAX), INT64_MAX);
	assert_int_equal(decimal_parse_string(exact("9223372036854775808"), 0, INT64_MAX), -EINVAL);
	assert_int_equal(
		decimal_parse_string(exact("18446744073709551617"), 0, INT64_MAX), -EINVAL);
	assert_int_equal(
		decimal_parse_string(exact("99999999999999999999999999"), 0, INT64_MAX), -EINVAL);
}

static void test_bytes_behind_the_length_are_not_read(void **state)
{
	static const char digits[3] = {'1', '2', '3'};

	(void)state;
	assert_int_equal(decimal_parse(exact_bytes(digits, 3), 3, 0, 999), 123);
	assert_int_equal(decimal_parse(exact_bytes("80/path", 2), 2, 1, 65535), 80);
	assert_int_equal(decimal_parse(exact_bytes("80/path", 3), 3, 1, 65535), -EINVAL);
	assert_int_equal(decimal_parse(exact_bytes("1", 0), 0, 0, 9), -EINVAL);
	assert_int_equal(decimal_parse(exact_bytes("1\0002", 3), 3, 0, 999), -EINVAL);
}

static void test_the_digits_before_something_else_are_counted(void **state)
{
	(void)state;
	assert_int_equal(decimal_span(exact("")), 0);
	assert_int_equal(decimal_span(exact("x1")), 0);
	assert_int_equal(decimal_span(exact("8080/x")), 4);
	assert_int_equal(decimal_span(exact("0123456789")), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_number_is_digits_alone),
		cmocka_unit_test(test_both_bounds_belong_to_the_range),
		cmocka_unit_test(test_what_does_not_fit_is_refused),
		cmocka_unit_test(test_bytes_behind_the_length_are_not_read),
		cmocka_unit_test(test_the_digits_before_something_else_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
