#include "pin.h"

#include "exact.h"
#include "unit.h"

static bool matches(const char *pin, const char *typed)
{
	return pin_matches(exact(pin), exact(typed));
}

static void test_the_digits_match(void **state)
{
	static const char *const typed[] = {
		"0470",
		" 0470",
		"0470 ",
		"\t0 4\t7  0 ",
		"\xef\xbc\x90\xef\xbc\x94\xef\xbc\x97\xef\xbc\x90",
		"\x30\xef\xbc\x94\x37\xef\xbc\x90",
		"\xef\xbc\x90 470",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(typed); i++)
		assert_true(matches("0470", typed[i]));
}

static void test_every_wide_digit_is_its_digit(void **state)
{
	(void)state;
	assert_true(matches("0123", "\xef\xbc\x90\xef\xbc\x91\xef\xbc\x92\xef\xbc\x93"));
	assert_true(matches("4567", "\xef\xbc\x94\xef\xbc\x95\xef\xbc\x96\xef\xbc\x97"));
	assert_true(matches("8989", "\xef\xbc\x98\xef\xbc\x99\xef\xbc\x98\xef\xbc\x99"));
	assert_false(matches("0123", "\xef\xbc\x90\xef\xbc\x91\xef\xbc\x92\xef\xbc\x94"));
}

static void test_a_wrong_digit_anywhere_does_not_match(void **state)
{
	static const char *const typed[] = {"1470", "0570", "0480", "0471", "0740", "9999"};

	(void)state;
	for (size_t i = 0; i < COUNT(typed); i++)
		assert_false(matches("0470", typed[i]));
}

static void test_too_few_or_too_many_digits_do_not_match(void **state)
{
	static const char *const typed[] = {"", " ", "\t \t", "0", "047", "04700", "00470",
		"0470 0", "04700470", "0470\xef\xbc\x90", "470"};

	(void)state;
	for (size_t i = 0; i < COUNT(typed); i++)
		assert_false(matches("0470", typed[i]));
}

static void test_anything_but_digits_and_blanks_does_not_match(void **state)
{
	static const char *const typed[] = {"047O", "0470\n", "0470\r", "04-70", "+0470", "047a",
		"0470x", "\xef\xbc\x8f\xef\xbc\x94\xef\xbc\x97\xef\xbc\x90", /* U+FF0F */
		"\xef\xbc\x9a\xef\xbc\x94\xef\xbc\x97\xef\xbc\x90",          /* U+FF1A */
		"047\xef", "047\xef\xbc", "0470\xef\xbc", "\xef\xbd\x90\x34\x37\x30",
		"\xd9\xa0\x34\x37\x30" /* an Arabic zero */, "0470\x08\x7f", "a", "12x", "x1",
		"1234\r", "\xef", "0\xef\xbc", "\xe3\x80", "047\xe3"};

	(void)state;
	for (size_t i = 0; i < COUNT(typed); i++)
		assert_false(matches("0470", typed[i]));
}

static void test_no_pin_is_matched_by_nothing(void **state)
{
	(void)state;
	assert_false(matches("", ""));
	assert_false(matches("", "0000"));
	assert_false(matches("047", "047"));
	assert_false(matches("04701", "04701"));
	assert_false(matches("04701", "0470"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_digits_match),
		cmocka_unit_test(test_every_wide_digit_is_its_digit),
		cmocka_unit_test(test_a_wrong_digit_anywhere_does_not_match),
		cmocka_unit_test(test_too_few_or_too_many_digits_do_not_match),
		cmocka_unit_test(test_anything_but_digits_and_blanks_does_not_match),
		cmocka_unit_test(test_no_pin_is_matched_by_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
