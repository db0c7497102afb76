#include "paragraph.h"

#include <stdlib.h>

#include "unit.h"

static char *printed(const char *text)
{
	char *bytes = NULL;
	size_t size;
	FILE *stream = open_memstream(&bytes, &size);

	paragraph_print(stream, "%s", text);
	fclose(stream);
	return bytes;
}

#define TEN "123456789 "
#define FORTY TEN TEN TEN TEN
#define WIDE "王小明王小" /* ten cells */

static const struct {
	const char *text, *expected;
} rows[] = {
	{"", "\n"},
	{"a  b ", "a b\n"},
	{"\na\n\nb\n", "\na\n\nb\n\n"},
	/* 80 cells are a line, and 81 are not. */
	{FORTY FORTY "", FORTY TEN TEN TEN "123456789\n"},
	{FORTY TEN TEN TEN "1234567890 1", FORTY TEN TEN TEN "1234567890\n1\n"},
	{FORTY TEN TEN TEN "12345678901 1", FORTY TEN TEN "123456789\n12345678901 1\n"},
	{FORTY TEN TEN TEN WIDE " a", FORTY TEN TEN TEN WIDE "\na\n"},
	{FORTY TEN TEN TEN "1" WIDE, FORTY TEN TEN "123456789\n1" WIDE "\n"},
	{"  " FORTY FORTY "end", "  " FORTY TEN TEN "123456789\n  123456789 end\n"},
	/* What is to be copied. */
	{"say:\n    " FORTY FORTY "  x\nthere", "say:\n    " FORTY FORTY "  x\nthere\n"},
	/* A word longer than a line. */
	{"a " WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE "/ b",
		"a\n" WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE "/\nb\n"},
};

static void test_lines_are_broken_at_blanks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *found = printed(rows[i].text);

		if (strcmp(found, rows[i].expected) != 0)
			fail_msg("row %zu: \"%s\"", i, found);
		free(found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_are_broken_at_blanks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
