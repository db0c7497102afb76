#include "occasion.h"

#include <errno.h>

#include "exact.h"
#include "unit.h"

static const struct {
	enum occasion occasion;
	const char *word;
} rows[] = {
	{OCCASION_REMOTE, "remote"},
	{OCCASION_CONSOLE, "console"},
	{OCCASION_LOCAL, "local"},
	{OCCASION_BECOME, "become"},
	{OCCASION_CONFIRM, "confirm"},
	{OCCASION_DOCTOR, "doctor"},
	{OCCASION_ENROLL, "enroll"},
};

static void test_every_occasion_has_its_word(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		enum occasion occasion = OCCASION_REMOTE;

		assert_string_equal(occasion_word(rows[i].occasion), rows[i].word);
		assert_int_equal(occasion_parse(exact(rows[i].word), &occasion), 0);
		assert_int_equal(occasion, rows[i].occasion);
	}
}

static void test_other_words_are_none(void **state)
{
	static const char *const words[] = {"", "Remote", "remote ", "locally"};
	enum occasion occasion = OCCASION_BECOME;

	(void)state;
	for (size_t i = 0; i < COUNT(words); i++)
		assert_int_equal(occasion_parse(exact(words[i]), &occasion), -EINVAL);
	assert_int_equal(occasion, OCCASION_BECOME);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_occasion_has_its_word),
		cmocka_unit_test(test_other_words_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
