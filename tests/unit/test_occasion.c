#include "occasion.h"

#include <errno.h>

#include "unit.h"

static const struct {
	enum manner manner;
	const char *word;
} rows[] = {
	{MANNER_REMOTE, "remote"},
	{MANNER_CONSOLE, "console"},
	{MANNER_BECOME, "become"},
	{MANNER_CONFIRM, "confirm"},
	{MANNER_ENROLL, "enroll"},
};

static void test_every_manner_has_its_word(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		enum manner manner = MANNER_REMOTE;

		assert_string_equal(manner_word(rows[i].manner), rows[i].word);
		assert_int_equal(manner_parse(rows[i].word, &manner), 0);
		assert_int_equal(manner, rows[i].manner);
	}
}

static void test_other_words_are_none(void **state)
{
	static const char *const words[] = {"", "Remote", "remote ", "local"};
	enum manner manner = MANNER_BECOME;

	(void)state;
	for (size_t i = 0; i < COUNT(words); i++)
		assert_int_equal(manner_parse(words[i], &manner), -EINVAL);
	assert_int_equal(manner, MANNER_BECOME);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_manner_has_its_word),
		cmocka_unit_test(test_other_words_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
