#include "lines.h"

#include <errno.h>

#include "exact.h"
#include "problem.h"
#include "unit.h"

static void test_lines_come_one_by_one_with_their_numbers(void **state)
{
	static const char bytes[] = "one\n\n\tthree \nlast";
	static const char *const expected[] = {"one", "", "\tthree ", "last"};
	char line[LINES_LENGTH_MAX + 1];
	struct problem problem = {""};
	struct lines lines;

	(void)state;
	lines_init(&lines, exact_bytes(bytes, strlen(bytes)), strlen(bytes));
	for (size_t i = 0; i < COUNT(expected); i++) {
		assert_int_equal(lines_next(&lines, line, &problem), 1);
		assert_string_equal(line, expected[i]);
		assert_int_equal(lines.number, i + 1);
	}
	assert_int_equal(lines_next(&lines, line, &problem), 0);
	assert_int_equal(lines_next(&lines, line, &problem), 0);
	assert_string_equal(problem.text, "");
}

static void test_a_last_newline_begins_no_line(void **state)
{
	char line[LINES_LENGTH_MAX + 1];
	struct problem problem = {""};
	struct lines lines;

	(void)state;
	lines_init(&lines, exact_bytes("one\n", 4), 4);
	assert_int_equal(lines_next(&lines, line, &problem), 1);
	assert_int_equal(lines_next(&lines, line, &problem), 0);
	lines_init(&lines, exact_bytes("", 0), 0);
	assert_int_equal(lines_next(&lines, line, &problem), 0);
}

static void test_nothing_is_read_past_the_length(void **state)
{
	char line[LINES_LENGTH_MAX + 1];
	struct problem problem = {""};
	struct lines lines;

	(void)state;
	lines_init(&lines, exact_bytes("one\r\n", 3), 3);
	assert_int_equal(lines_next(&lines, line, &problem), 1);
	assert_string_equal(line, "one");
	assert_int_equal(lines_next(&lines, line, &problem), 0);
}

static void test_a_line_has_at_most_4096_bytes(void **state)
{
	char bytes[LINES_LENGTH_MAX + 2], line[LINES_LENGTH_MAX + 1];
	struct problem problem = {""};
	struct lines lines;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	bytes[LINES_LENGTH_MAX] = '\n';
	lines_init(&lines, exact_bytes(bytes, LINES_LENGTH_MAX + 1), LINES_LENGTH_MAX + 1);
	assert_int_equal(lines_next(&lines, line, &problem), 1);
	assert_int_equal(strlen(line), LINES_LENGTH_MAX);
	bytes[LINES_LENGTH_MAX] = 'x';
	lines_init(&lines, exact_bytes(bytes, LINES_LENGTH_MAX + 1), LINES_LENGTH_MAX + 1);
	assert_int_equal(lines_next(&lines, line, &problem), -EINVAL);
	assert_contains(problem.text, "longer than 4096 bytes");
}

static void test_what_no_unix_editor_writes_is_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *problem;
	} rows[] = {
		{"\xef\xbb\xbfone", 6, "byte order mark"},
		{"one\r", 4, "carriage return"},
		{"o\rne", 4, "carriage return"},
		{"o\0e", 3, "control character"},
		{"\x1b[2J", 4, "control character"},
		{"one\x7f", 4, "control character"},
		{"one\v", 4, "control character"},
	};
	char line[LINES_LENGTH_MAX + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct problem problem = {""};
		struct lines lines;

		lines_init(&lines, exact_bytes(rows[i].bytes, rows[i].length), rows[i].length);
		assert_int_equal(lines_next(&lines, line, &problem), -EINVAL);
		assert_contains(problem.text, rows[i].problem);
		assert_int_equal(lines.number, 1);
	}
}

static void test_text_outside_ascii_passes(void **state)
{
	static const char bytes[] = "first\n# \xe5\xbe\xae\xe4\xbf\xa1\n";
	char line[LINES_LENGTH_MAX + 1];
	struct problem problem = {""};
	struct lines lines;

	(void)state;
	lines_init(&lines, exact_bytes(bytes, strlen(bytes)), strlen(bytes));
	assert_int_equal(lines_next(&lines, line, &problem), 1);
	assert_int_equal(lines_next(&lines, line, &problem), 1);
	assert_string_equal(line, "# \xe5\xbe\xae\xe4\xbf\xa1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_come_one_by_one_with_their_numbers),
		cmocka_unit_test(test_a_last_newline_begins_no_line),
		cmocka_unit_test(test_nothing_is_read_past_the_length),
		cmocka_unit_test(test_a_line_has_at_most_4096_bytes),
		cmocka_unit_test(test_what_no_unix_editor_writes_is_refused),
		cmocka_unit_test(test_text_outside_ascii_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
