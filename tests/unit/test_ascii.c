#include "ascii.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "exact.h"
#include "text.h"
#include "unit.h"

static void test_what_is_typed_otherwise_is_ascii(void **state)
{
	static const struct {
		const char *bytes, *ascii;
	} rows[] = {
		{"", ""},
		{"plain (as it is)\n", "plain (as it is)\n"},
		{"«alice», “so” — 1…2 · ‘x’", "\"alice\", \"so\" - 1...2 - 'x'"},
		{"a domain (网页授权域名) at", "a domain at"},
		{"(网页授权)", ""},
		{"王小明 (a 王)", "??? (a ?)"},
		{"( (王 ()", "( (? ()"},
		{"(王\n)", "(?\n)"},
		{"\xff\x80x\xc3(", "??x?("},
		{"▀▄", "??"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t length = strlen(rows[i].bytes);
		char *bytes = exact_bytes(rows[i].bytes, length), ascii[256];
		struct text text;

		text_init(&text, ascii, sizeof(ascii));
		assert_int_equal(ascii_add(&text, bytes, length), length);
		assert_string_equal(ascii, rows[i].ascii);
	}
}

static void test_a_character_without_its_end_waits_for_it(void **state)
{
	static const char whole[] = "a…王";
	char ascii[64];

	(void)state;
	for (size_t cut = 0; cut < sizeof(whole); cut++) {
		char *bytes = exact_bytes(whole, cut);
		struct text text;
		size_t taken;

		text_init(&text, ascii, sizeof(ascii));
		taken = ascii_add(&text, bytes, cut);
		assert_int_equal(taken, cut < 1 ? 0 : cut < 4 ? 1 : cut < 7 ? 4 : cut);
	}
}

static void test_the_first_variable_that_is_set_names_the_charset(void **state)
{
	static const struct {
		const char *all, *type, *lang;
		bool is_wanted;
	} rows[] = {
		{NULL, NULL, NULL, false},
		{"", "", "", false},
		{NULL, NULL, "C", true},
		{NULL, NULL, "C.UTF-8", false},
		{"C", NULL, "C.UTF-8", true},
		{"", "zh_CN.utf8", "C", false},
		{NULL, "zh_CN.GBK", "zh_CN.UTF-8", true},
		{NULL, NULL, "de_DE.UTF-8@euro", false},
		{NULL, NULL, "de_DE@euro", true},
		{NULL, NULL, "x.UTF-16", true},
		{NULL, NULL, "x.UTF-8859", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *const values[] = {rows[i].all, rows[i].type, rows[i].lang};
		static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

		for (size_t name = 0; name < COUNT(names); name++) {
			if (values[name] == NULL)
				unsetenv(names[name]);
			else
				setenv(names[name], values[name], 1);
		}
		assert_int_equal(ascii_is_wanted(), rows[i].is_wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_typed_otherwise_is_ascii),
		cmocka_unit_test(test_a_character_without_its_end_waits_for_it),
		cmocka_unit_test(test_the_first_variable_that_is_set_names_the_charset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
