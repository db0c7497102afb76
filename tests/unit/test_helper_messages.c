#include "messages.h"

#include "unit.h"

static void test_every_message_is_there_in_both_languages(void **state)
{
	(void)state;
	assert_string_equal(message_text(MESSAGE_NONE, LANGUAGE_EN), "");
	for (int i = MESSAGE_NONE + 1; i < MESSAGE_COUNT; i++) {
		const char *english = message_text((enum message)i, LANGUAGE_EN);
		const char *chinese = message_text((enum message)i, LANGUAGE_ZH);

		assert_non_null(english);
		assert_non_null(chinese);
		assert_true(strlen(english) > 1);
		assert_true(strlen(chinese) > 1);
		assert_string_not_equal(english, chinese);
		for (const char *c = english; *c != '\0'; c++)
			assert_true(*c >= ' ' && *c <= '~');
		/* Chinese is written outside ASCII. */
		assert_true((unsigned char)chinese[0] >= 0x80 || strchr(chinese, '\xe5') != NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_message_is_there_in_both_languages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
