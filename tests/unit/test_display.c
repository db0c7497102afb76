#include "display.h"

#include "exact.h"
#include "text.h"
#include "unit.h"

#define HAN "\xe5\xbe\xae" /* U+5FAE, three bytes */

struct row {
	const char *from, *to;
};

static void check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char to[64];

		display_copy(to, sizeof(to), exact_bytes(rows[i].from, strlen(rows[i].from)),
			strlen(rows[i].from));
		assert_string_equal(to, rows[i].to);
	}
}

static void test_plain_text_is_shown_as_it_is(void **state)
{
	static const struct row rows[] = {
		{"", ""}, {"alice", "alice"}, {" ~!\"<>&'\\", " ~!\"<>&'\\"}, {HAN "x", HAN "x"},
		{"\xc3\xa9\xc2\xa0", "\xc3\xa9\xc2\xa0"}, /* e acute, no-break space */
		{"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"}, /* U+1F600 */
		{"\xef\xbf\xbd", "\xef\xbf\xbd"},         /* U+FFFD */
		{"\xed\x9f\xbf", "\xed\x9f\xbf"},         /* U+D7FF, below the surrogates */
		{"\xf3\xaf\xbf\xbd", "\xf3\xaf\xbf\xbd"}, /* U+EFFFD, below private use */
		{"\xe2\x80\x90\xe2\x80\xa7", "\xe2\x80\x90\xe2\x80\xa7"}, /* between the hidden */
	};

	(void)state;
	check(rows, COUNT(rows));
}

static void test_control_characters_are_dropped(void **state)
{
	static const struct row rows[] = {
		{"a\nb\rc\td", "abcd"},
		{"\x1b[2J\x07\x08x\x7f", "[2Jx"},
		{"\x01\x1f", ""},
		{"a\xc2\x80\xc2\x9b\xc2\x9f"
		 "b",
			"ab"}, /* C1, CSI among them */
		{"\xc2\xad", ""},
	};
	char to[8];

	(void)state;
	check(rows, COUNT(rows));
	display_copy(to, sizeof(to), exact_bytes("a\0b", 3), 3);
	assert_string_equal(to, "ab");
}

static void test_what_reorders_or_hides_text_is_dropped(void **state)
{
	static const struct row rows[] = {
		{"\xe2\x80\x8b\xe2\x80\x8c\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\x8f",
			""},                      /* 200B-200F */
		{"\xe2\x80\xa8\xe2\x80\xa9", ""}, /* 2028-2029 */
		{"\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad\xe2\x80\xae",
			""}, /* 202A-202E */
		{"\xe2\x81\xa0\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9",
			""},                              /* 2060-2069 */
		{"\xd8\x9c", ""},                         /* 061C */
		{"\xe1\xa0\x8e", ""},                     /* 180E */
		{"\xef\xbb\xbf", ""},                     /* FEFF */
		{"\xef\xb8\x8f", ""},                     /* FE0F */
		{"\xf3\xa0\x81\x81", ""},                 /* E0041, a tag */
		{"\xee\x80\x80\xef\xa3\xbf", ""},         /* E000, F8FF */
		{"\xf3\xb0\x80\x80\xf4\x8f\xbf\xbd", ""}, /* F0000, 10FFFD */
		{"\xef\xb7\x90\xef\xb7\xaf", ""},         /* FDD0, FDEF */
		{"\xef\xbf\xbe\xef\xbf\xbf", ""},         /* FFFE, FFFF */
		{"\xf0\x9f\xbf\xbe\xf0\x9f\xbf\xbf", ""}, /* 1FFFE, 1FFFF */
	};

	(void)state;
	check(rows, COUNT(rows));
}

static void test_bytes_that_are_not_utf8_become_question_marks(void **state)
{
	static const struct row rows[] = {
		{"\x80", "?"},
		{"a\xff\xfe"
		 "b",
			"a??b"},
		{"\xc0\x80", "??"},                 /* an overlong NUL */
		{"\xc1\xbf", "??"},                 /* overlong */
		{"\xe0\x9f\xbf", "???"},            /* overlong */
		{"\xf0\x8f\xbf\xbf", "????"},       /* overlong */
		{"\xed\xa0\x80", "???"},            /* U+D800 */
		{"\xed\xbf\xbf", "???"},            /* U+DFFF */
		{"\xf4\x90\x80\x80", "????"},       /* past U+10FFFF */
		{"\xf5\x80\x80\x80", "????"},       /* no such first byte */
		{"\xe5\xbe", "??"},                 /* ends too soon */
		{"\xe5\xbe\x1b", "??"},             /* an escape inside a character is one still */
		{"\xe5\xbe" HAN, "??" HAN},         /* what follows is read anew */
		{"\xce\xa2\xd0\xc5", "\xce\xa2??"}, /* GBK: half of it happens to be UTF-8 */
	};

	(void)state;
	check(rows, COUNT(rows));
}

static void test_a_character_at_the_end_is_not_read_past_the_length(void **state)
{
	char to[8];

	(void)state;
	display_copy(to, sizeof(to), exact_bytes(HAN, 2), 2);
	assert_string_equal(to, "??");
	display_copy(to, sizeof(to), exact_bytes("abc", 2), 2);
	assert_string_equal(to, "ab");
	display_copy(to, sizeof(to), exact_bytes("abc", 0), 0);
	assert_string_equal(to, "");
}

static void test_what_does_not_fit_is_cut_between_characters(void **state)
{
	char to[9] = "";

	(void)state;
	display_copy(to, 8, exact_bytes(HAN HAN HAN, 9), 9);
	assert_string_equal(to, HAN HAN);
	display_copy(to, 7, exact_bytes(HAN HAN "x", 7), 7);
	assert_string_equal(to, HAN HAN);
	/* Nothing that comes later fills the gap: the beginning is shown, not a selection. */
	display_copy(to, 6, exact_bytes("abc" HAN "d", 7), 7);
	assert_string_equal(to, "abc");
	display_copy(to, 1, exact_bytes("abc", 3), 3);
	assert_string_equal(to, "");
}

static void test_ordinary_names_are_shown(void **state)
{
	static const char *const names[] = {"alice", "a", "A.b_c@d-0", "0123456789", "CORP\\alice",
		"CORP.example\\Alice+admin", "alice@corp.example", "a+b", "-a",
		"\xc3\xbcnl\xc3\xbc", "\xe5\xbc\xa0\xe4\xbc\x9f",
		"\xe5\x85\xac\xe5\x8f\xb8\\\xe7\x8e\x8b\xe5\xb0\x8f\xe6\x98\x8e",
		"\xd0\xb8\xd0\xb2\xc3\xa1\xd0\xbd", "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
		"\xf0\xa0\xae\xb7\xe9\x87\x8e\xe5\xae\xb6"};
	char to[DISPLAY_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		display_name(to, exact(names[i]));
		assert_string_equal(to, names[i]);
	}
}

static void test_unusual_names_are_called_so(void **state)
{
	static const char *const names[] = {NULL, "\xff", "a\xc3", "\xed\xa0\x80", "", "a b",
		"a\x0a", "root\x1b[A", "a/b", "a,b", "a:b", "a(b", "<b>", "a&b", "a\"b", "a'b",
		"a%b", "a$", "a*", "a~",
		"a\xc2\xa0"
		"b",
		"a\xe3\x80\x80"
		"b",
		"a\xe2\x80\x89"
		"b",
		"a\xc2\xad"
		"b",
		"a\xe2\x80\x8b"
		"b",
		"a\xe2\x80\xae"
		"b",
		"a\xe2\x81\xa6"
		"b",
		"a\xe2\x80\x8f"
		"b",
		"a\xd8\x9c"
		"b",
		"a\xc2\x85"
		"b",
		"a\xe2\x80\xa8"
		"b",
		"a\xef\xbb\xbf"
		"b",
		"a\xee\x80\x80"
		"b",
		"a\xf3\xb0\x80\x80"
		"b",
		"a\xcd\xb8"
		"b",
		"a\xef\xbf\xbf"
		"b",
		"\xe3\x85\xa4", "\xe2\xa0\x80", "\xe1\x85\x9f", "a\xef\xb8\x8f",
		"a\xf3\xa0\x81\x81", "\xe1\x9e\xb4",
		"a\xc2\xab"
		"b",
		"a\xc2\xbb"};
	char to[DISPLAY_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		display_name(to, exact(names[i]));
		assert_string_equal(to, "(unusual name)");
	}
}

static void test_a_name_has_sixty_four_characters_at_most_whatever_their_bytes(void **state)
{
	static const char *const characters[] = {"a", "\xc3\xbc", HAN, "\xf0\xa0\xae\xb7"};
	char to[DISPLAY_NAME_SIZE], name[512];

	(void)state;
	for (size_t i = 0; i < COUNT(characters); i++) {
		struct text text;

		text_init(&text, name, sizeof(name));
		for (int j = 0; j < 64; j++)
			text_add(&text, characters[i]);
		display_name(to, name);
		assert_string_equal(to, name);
		text_add(&text, "a");
		display_name(to, name);
		assert_string_equal(to, "(unusual name)");
	}
}

static void test_a_name_stands_in_guillemets(void **state)
{
	char bytes[64];
	struct text text;

	(void)state;
	text_init(&text, bytes, sizeof(bytes));
	display_add_quoted(&text, "alice");
	display_add_quoted(&text, "(unusual name)");
	assert_string_equal(bytes, "\xc2\xab"
				   "alice"
				   "\xc2\xbb"
				   "(unusual name)");
}

static void test_the_first_byte_that_is_no_utf8_is_found(void **state)
{
	static const struct {
		const char *bytes;
		size_t place;
	} rows[] = {
		{"", 0},
		{"abc", 3},
		{"\xe5\x8f\xb7", 3},
		{"ab\xff", 2},
		{"\xe5\x8f", 0},
		{"a\xc0\x80z", 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(
			display_find_invalid(exact_bytes(rows[i].bytes, strlen(rows[i].bytes)),
				strlen(rows[i].bytes)),
			rows[i].place);
}

static void test_bytes_are_told_apart_in_ascii(void **state)
{
	static const struct row rows[] = {
		{"alice", "alice"},
		{"", ""},
		{"\xd0\xb0lice", "\\xd0\\xb0lice"},
		{"a\x1b\x7f\xff z\\", "a\\x1b\\x7f\\xff z\\"},
	};
	char shown[DISPLAY_BOTH_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t length = strlen(rows[i].from);

		display_escape(shown, sizeof(shown), exact_bytes(rows[i].from, length), length);
		assert_string_equal(shown, rows[i].to);
	}
	display_escape(shown, 6, "a\xff\xff", 3);
	assert_string_equal(shown, "a\\xff");
	display_both(shown, exact("alice"));
	assert_string_equal(shown, "alice");
	display_both(shown, exact("\xd0\xb0lice"));
	assert_string_equal(shown, "\xd0\xb0lice (\\xd0\\xb0lice)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_byte_that_is_no_utf8_is_found),
		cmocka_unit_test(test_bytes_are_told_apart_in_ascii),
		cmocka_unit_test(test_plain_text_is_shown_as_it_is),
		cmocka_unit_test(test_control_characters_are_dropped),
		cmocka_unit_test(test_what_reorders_or_hides_text_is_dropped),
		cmocka_unit_test(test_bytes_that_are_not_utf8_become_question_marks),
		cmocka_unit_test(test_a_character_at_the_end_is_not_read_past_the_length),
		cmocka_unit_test(test_what_does_not_fit_is_cut_between_characters),
		cmocka_unit_test(test_ordinary_names_are_shown),
		cmocka_unit_test(test_unusual_names_are_called_so),
		cmocka_unit_test(
			test_a_name_has_sixty_four_characters_at_most_whatever_their_bytes),
		cmocka_unit_test(test_a_name_stands_in_guillemets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
