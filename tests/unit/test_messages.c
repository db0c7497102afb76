#include "messages.h"

#include "settings.h"
#include "unit.h"
#include "width.h"

/* Every text in a language, those of the prompt first. */
static const char *text_at(int index, int lang)
{
	return index < MESSAGE_COUNT ? message_text((enum message)index, lang)
	                             : message_refusal((enum reason)(index - MESSAGE_COUNT), lang);
}

#define TEXTS (MESSAGE_COUNT + REASON_COUNT)

static void test_every_text_is_there_in_both_languages(void **state)
{
	(void)state;
	for (int i = 0; i < TEXTS; i++) {
		if (text_at(i, LANG_EN) == NULL || text_at(i, LANG_ZH) == NULL)
			fail_msg("text %d is missing", i);
		assert_string_not_equal(text_at(i, LANG_EN), "");
		assert_string_not_equal(text_at(i, LANG_EN), text_at(i, LANG_ZH));
	}
}

static void test_english_is_ascii(void **state)
{
	(void)state;
	for (int i = 0; i < TEXTS; i++)
		width_expect_ascii(text_at(i, LANG_EN));
}

static void test_chinese_is_chinese(void **state)
{
	(void)state;
	for (int i = 0; i < TEXTS; i++) {
		const char *text = text_at(i, LANG_ZH);

		assert_true(width_of(text, strlen(text)) >= 8);
		assert_true(strlen(text) > width_of(text, strlen(text)));
	}
}

static void test_every_text_is_one_line_of_80_columns(void **state)
{
	(void)state;
	for (int i = 0; i < TEXTS; i++) {
		for (int lang = LANG_EN; lang <= LANG_ZH; lang++) {
			const char *text = text_at(i, lang);

			assert_null(strchr(text, '\n'));
			if (width_of(text, strlen(text)) > 80)
				fail_msg("%zu columns: %s", width_of(text, strlen(text)), text);
		}
	}
}

static void test_what_went_wrong_is_told_apart(void **state)
{
	static const enum reason reasons[] = {REASON_NOBODY, REASON_NOT_LINKED, REASON_SNAPSHOT,
		REASON_RISK, REASON_CODE, REASON_BUSY, REASON_SETUP, REASON_UNREACHABLE,
		REASON_TOO_MANY, REASON_REPORTED, REASON_EXPIRED, REASON_FULL};

	(void)state;
	for (int lang = LANG_EN; lang <= LANG_ZH; lang++) {
		for (size_t i = 0; i < COUNT(reasons); i++) {
			for (size_t j = 0; j < i; j++)
				assert_string_not_equal(message_refusal(reasons[i], lang),
					message_refusal(reasons[j], lang));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_text_is_there_in_both_languages),
		cmocka_unit_test(test_english_is_ascii),
		cmocka_unit_test(test_chinese_is_chinese),
		cmocka_unit_test(test_every_text_is_one_line_of_80_columns),
		cmocka_unit_test(test_what_went_wrong_is_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
