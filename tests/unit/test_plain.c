#include "plain.h"

#include <errno.h>

#include "exact.h"
#include "problem.h"
#include "unit.h"

static void test_what_looks_like_plain_text_is_named(void **state)
{
	static const struct {
		const char *line, *what, *command; /* what: NULL for a good line */
	} rows[] = {
		{"oAlice alice,bob # \xe3\x80\x80\xef\xbc\x8c", NULL, NULL},
		{"\xe7\x8e\x8b\xe5\xb0\x8f\xe6\x98\x8e,j\xc3\xbcrgen", NULL, NULL},
		{"", NULL, NULL},
		{"alice\xff,bob\xe2\x80", NULL, NULL},
		{"al\xe2\x80\x8bice", "the line holds an invisible character: U+200B",
			"s/^\\([^#]*\\)\\xe2\\x80\\x8b/\\1/;"},
		{"alice\xef\xbb\xbf", "the line holds an invisible character: U+FEFF",
			"\\xef\\xbb\\xbf/\\1/;"},
		{"\xe2\x80\xae"
		 "alice",
			"the line holds an invisible character: U+202E", "\\xe2\\x80\\xae/\\1/;"},
		{"\xe3\x85\xa4", "the line holds an invisible character: U+3164",
			"\\xe3\\x85\\xa4/\\1/;"},
		{"oAlice\xc2\xa0"
		 "alice",
			"the line holds an invisible character: U+00A0", "\\xc2\\xa0/\\1 /;"},
		{"oAlice\xe3\x80\x80"
		 "alice",
			"the line holds an invisible character: U+3000", "\\xe3\\x80\\x80/\\1 /;"},
		{"oAlice\xe2\x80\x89"
		 "alice",
			"the line holds an invisible character: U+2009", "\\xe2\\x80\\x89/\\1 /;"},
		{"alice\xef\xbc\x8c"
		 "bob",
			"the line holds U+FF0C in the place of \",\"", "\\xef\\xbc\\x8c/\\1,/;"},
		{"alice\xe3\x80\x81"
		 "bob",
			"the line holds U+3001 in the place of \",\"", "\\xe3\\x80\\x81/\\1,/;"},
		{"alice\xef\xbc\x9a"
		 "1001",
			"the line holds U+FF1A in the place of \":\"", "\\xef\\xbc\\x9a/\\1:/;"},
		{"timeout \xef\xbc\x9d 9", "the line holds U+FF1D in the place of \"=\"",
			"\\xef\\xbc\\x9d/\\1=/;"},
		{"\xef\xbc\x83 people", "the line holds U+FF03 in the place of \"#\"",
			"\\xef\\xbc\\x83/\\1#/;"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct problem problem = {""};
		int rv = plain_judge_line(exact(rows[i].line), &problem);

		if (rv != (rows[i].what == NULL ? 0 : -EINVAL))
			fail_msg("%s: %d", rows[i].line, rv);
		if (rows[i].what == NULL)
			continue;
		assert_begins(problem.text, rows[i].what);
		assert_contains(problem.text, PLAIN_MEND "LC_ALL=C sed -i ':a; s/");
		assert_contains(problem.text, rows[i].command);
		assert_contains(problem.text, " ta' FILE");
	}
}

static void test_an_encoding_is_named(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *fault;
	} rows[] = {
		{"", 0, NULL},
		{"o", 1, NULL},
		{"\0", 1, NULL},
		{"oA", 2, NULL},
		{"\xef\xbb", 2, NULL},
		{"\xef\xbb\xbf", 3, "byte order mark"},
		{"\xff\xfe", 2, "iconv -f UTF-16 "},
		{"\xfe\xff\0o", 4, "iconv -f UTF-16 "},
		{"o\0A\0", 4, "iconv -f UTF-16LE "},
		{"\0o\0A", 4, "iconv -f UTF-16BE "},
		{"o\0A", 3, NULL},
		{"o\0Al", 4, NULL},
		{"\0\0", 2, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *fault = plain_encoding_fault(
			exact_bytes(rows[i].bytes, rows[i].length), rows[i].length);

		assert_int_equal(fault == NULL, rows[i].fault == NULL);
		if (fault == NULL)
			continue;
		assert_contains(fault, rows[i].fault);
		assert_contains(fault, PLAIN_MEND);
		assert_contains(fault, "FILE");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_looks_like_plain_text_is_named),
		cmocka_unit_test(test_an_encoding_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
