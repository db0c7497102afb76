#include "language.h"

#include <errno.h>

#include "exact.h"
#include "unit.h"

static void test_what_a_browser_likes_best(void **state)
{
	static const struct {
		const char *accept;
		enum language language; /* the fallback being Chinese */
	} rows[] = {
		{NULL, LANGUAGE_ZH},
		{"", LANGUAGE_ZH},
		{"en", LANGUAGE_EN},
		{"EN-us", LANGUAGE_EN},
		{"fr, en;q=0.1", LANGUAGE_EN},
		{"zh-CN,zh;q=0.9,en-US;q=0.8,en;q=0.7", LANGUAGE_ZH},
		{"zh;q=0.5,en;q=0.6", LANGUAGE_EN},
		{"zh;q=0.599,en; q=0.6", LANGUAGE_EN},
		{"en;q=0", LANGUAGE_ZH},
		{"en;q=0.000, fr", LANGUAGE_ZH},
		{"english", LANGUAGE_ZH},
		{"e", LANGUAGE_ZH},
		{",,,en", LANGUAGE_EN},
		{"*", LANGUAGE_ZH},
		{"en;level=1", LANGUAGE_ZH},
		{"en;", LANGUAGE_ZH},
		{"en, zh", LANGUAGE_EN},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(
			language_choose(exact(rows[i].accept), LANGUAGE_ZH), rows[i].language);
	assert_int_equal(language_choose(exact("fr"), LANGUAGE_EN), LANGUAGE_EN);
	assert_int_equal(language_choose(exact("zh"), LANGUAGE_EN), LANGUAGE_ZH);
}

static void test_words_and_tags(void **state)
{
	enum language language = LANGUAGE_EN;

	(void)state;
	assert_int_equal(language_parse(exact("zh"), &language), 0);
	assert_int_equal(language, LANGUAGE_ZH);
	assert_int_equal(language_parse(exact("en"), &language), 0);
	assert_int_equal(language, LANGUAGE_EN);
	assert_int_equal(language_parse(exact(""), &language), -EINVAL);
	assert_int_equal(language_parse(exact("EN"), &language), -EINVAL);
	assert_string_equal(language_tag(LANGUAGE_ZH), "zh-CN");
	assert_string_equal(language_tag(LANGUAGE_EN), "en");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_a_browser_likes_best),
		cmocka_unit_test(test_words_and_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
