#include "messages.h"

#include <stdbool.h>

#include "unit.h"

static bool is_written_outside_ascii(const char *string)
{
	while (*string != '\0' && (unsigned char)*string < 0x80)
		string++;
	return *string != '\0';
}

/* Bits for %1 to %4; a '%' that is none of them fails the test. */
static unsigned int find_places(const char *string)
{
	unsigned int places = 0;

	for (; *string != '\0'; string++) {
		if (*string != '%')
			continue;
		assert_in_range(string[1], '1', '4');
		places |= 1u << (string[1] - '1');
	}
	return places;
}

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
		assert_true(is_written_outside_ascii(chinese));
		assert_int_equal(find_places(english), find_places(chinese));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_message_is_there_in_both_languages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
