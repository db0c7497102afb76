#include "prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "unit.h"

#define LONG_MS 60000 /* never waited for */

static int input;  /* what is read at standard input is written here; -1: closed */
static int before; /* standard input, as it was */

static int begin(void **state)
{
	int ends[2];

	(void)state;
	before = dup(STDIN_FILENO);
	if (pipe2(ends, O_CLOEXEC) < 0 || dup2(ends[0], STDIN_FILENO) < 0)
		return -1;
	close(ends[0]);
	input = ends[1];
	return 0;
}

static int end(void **state)
{
	(void)state;
	if (input >= 0)
		close(input);
	dup2(before, STDIN_FILENO);
	close(before);
	return 0;
}

static void type(const char *string)
{
	assert_int_equal(write(input, string, strlen(string)), (ssize_t)strlen(string));
}

static void hang_up(void)
{
	close(input);
	input = -1;
}

/* Types `length` times the letter. */
static void type_many(char letter, size_t length)
{
	for (size_t i = 0; i < length; i++)
		assert_int_equal(write(input, &letter, 1), 1);
}

/* Of what is printed TAP takes a comment. */
static bool agrees(struct prompt *prompt)
{
	bool is_yes = prompt_agree(prompt, "# sure?");

	printf("\n");
	return is_yes;
}

static void test_lines_come_one_at_a_time_without_their_blanks(void **state)
{
	struct prompt prompt = {.length = 0};
	char line[PROMPT_LINE_MAX];

	(void)state;
	type("first\n \t two words \r\n\n");
	assert_int_equal(prompt_next(&prompt, LONG_MS, line), 1);
	assert_string_equal(line, "first");
	assert_int_equal(prompt_next(&prompt, -1, line), 1);
	assert_string_equal(line, "two words");
	assert_int_equal(prompt_next(&prompt, 0, line), 1);
	assert_string_equal(line, "");
	assert_int_equal(prompt_next(&prompt, 0, line), 0);
}

static void test_half_a_line_is_kept_until_the_rest_comes(void **state)
{
	struct prompt prompt = {.length = 0};
	char line[PROMPT_LINE_MAX];

	(void)state;
	type("12");
	assert_int_equal(prompt_next(&prompt, 0, line), 0);
	assert_int_equal(prompt_next(&prompt, 1, line), 0);
	type("34\n");
	assert_int_equal(prompt_next(&prompt, LONG_MS, line), 1);
	assert_string_equal(line, "1234");
}

static void test_half_a_line_at_the_end_is_nobodys_answer(void **state)
{
	struct prompt prompt = {.length = 0};
	char line[PROMPT_LINE_MAX];

	(void)state;
	type("yes");
	hang_up();
	assert_int_equal(prompt_next(&prompt, LONG_MS, line), -ENODATA);
	assert_int_equal(prompt_next(&prompt, LONG_MS, line), -ENODATA);
	assert_false(agrees(&prompt));
}

static void test_a_line_that_is_too_long_is_cut_and_the_next_is_whole(void **state)
{
	struct prompt prompt = {.length = 0};
	char line[PROMPT_LINE_MAX];

	(void)state;
	type_many('x', PROMPT_LINE_MAX + 500);
	type("\nnext\n");
	assert_int_equal(prompt_next(&prompt, LONG_MS, line), 1);
	assert_int_equal(strlen(line), PROMPT_LINE_MAX - 1);
	assert_int_equal(strspn(line, "x"), PROMPT_LINE_MAX - 1);
	assert_int_equal(prompt_next(&prompt, LONG_MS, line), 1);
	assert_string_equal(line, "next");
}

static void test_only_yes_is_yes(void **state)
{
	struct prompt prompt = {.length = 0};

	(void)state;
	type("y\nYES\n yes \n\nn\nyess\nno\n");
	for (int i = 0; i < 3; i++)
		assert_true(agrees(&prompt));
	for (int i = 0; i < 4; i++)
		assert_false(agrees(&prompt));
}

static void test_one_line_is_taken_and_nothing_behind_it(void **state)
{
	char line[16], rest[16] = "";

	(void)state;
	type(" wanted \nrest");
	assert_int_equal(prompt_read_line(STDIN_FILENO, line, sizeof(line)), 0);
	assert_string_equal(line, "wanted");
	assert_int_equal(read(STDIN_FILENO, rest, sizeof(rest) - 1), 4);
	assert_string_equal(rest, "rest");
}

static void test_the_end_of_a_file_ends_its_line(void **state)
{
	char line[16];

	(void)state;
	type("secret");
	hang_up();
	assert_int_equal(prompt_read_line(STDIN_FILENO, line, sizeof(line)), 0);
	assert_string_equal(line, "secret");
	assert_int_equal(prompt_read_line(STDIN_FILENO, line, sizeof(line)), -ENODATA);
	assert_string_equal(line, "");
}

static void test_a_line_fits_or_is_gone(void **state)
{
	char line[8];

	(void)state;
	type("1234567\n12345678\n");
	assert_int_equal(prompt_read_line(STDIN_FILENO, line, sizeof(line)), 0);
	assert_string_equal(line, "1234567");
	assert_int_equal(prompt_read_line(STDIN_FILENO, line, sizeof(line)), -E2BIG);
	assert_string_equal(line, "");
	assert_int_equal(write(input, "a\0b\n", 4), 4);
	assert_int_equal(prompt_read_line(STDIN_FILENO, line, sizeof(line)), -E2BIG);
	assert_string_equal(line, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define PIPED(test) cmocka_unit_test_setup_teardown(test, begin, end)
		PIPED(test_lines_come_one_at_a_time_without_their_blanks),
		PIPED(test_half_a_line_is_kept_until_the_rest_comes),
		PIPED(test_half_a_line_at_the_end_is_nobodys_answer),
		PIPED(test_a_line_that_is_too_long_is_cut_and_the_next_is_whole),
		PIPED(test_only_yes_is_yes),
		PIPED(test_one_line_is_taken_and_nothing_behind_it),
		PIPED(test_the_end_of_a_file_ends_its_line),
		PIPED(test_a_line_fits_or_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
