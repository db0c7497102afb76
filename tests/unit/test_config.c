#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "exact.h"
#include "folder.h"
#include "problem.h"
#include "unit.h"

struct sample {
	char *name;
	struct config_list addresses;
	bool on;
	long seconds;
	int colour;
	char *path;
};

static const char *const colours[] = {"red", "green", "blue", NULL};

static const struct config_key keys[] = {
	{.name = "name", .type = CONFIG_STRING, .offset = offsetof(struct sample, name)},
	{.name = "address", .type = CONFIG_LIST, .offset = offsetof(struct sample, addresses)},
	{.name = "on", .type = CONFIG_FLAG, .offset = offsetof(struct sample, on)},
	{.name = "seconds",
		.type = CONFIG_NUMBER,
		.offset = offsetof(struct sample, seconds),
		.low = 5,
		.high = 300},
	{.name = "colour",
		.type = CONFIG_WORD,
		.offset = offsetof(struct sample, colour),
		.words = colours},
	{.name = "path",
		.type = CONFIG_STRING,
		.offset = offsetof(struct sample, path),
		.fault = config_path_fault},
};

static const struct config_table table = {keys, COUNT(keys)};

static int parse(struct sample *sample, const char *bytes, size_t length, struct problem *problem)
{
	uint64_t seen = 0;

	memset(sample, 0, sizeof(*sample));
	problem->text[0] = '\0';
	return config_parse(
		&table, sample, &seen, "sample.conf", exact_bytes(bytes, length), length, problem);
}

static void test_every_type_is_read(void **state)
{
	static const char bytes[] = "# a comment\n"
				    "\n"
				    "name = two words = one value # no comment\n"
				    "  address=first\n"
				    "address =\tsecond \t\n"
				    "\t# another comment\n"
				    "on = yes\n"
				    "seconds = 090\n"
				    "colour = blue\n"
				    "path = /etc/x";
	struct problem problem;
	struct sample sample;

	(void)state;
	assert_int_equal(parse(&sample, bytes, strlen(bytes), &problem), 0);
	assert_string_equal(sample.name, "two words = one value # no comment");
	assert_int_equal(sample.addresses.count, 2);
	assert_string_equal(sample.addresses.items[0], "first");
	assert_string_equal(sample.addresses.items[1], "second");
	assert_true(sample.on);
	assert_int_equal(sample.seconds, 90);
	assert_int_equal(sample.colour, 2);
	assert_string_equal(sample.path, "/etc/x");
	config_finish(&table, &sample);
	assert_null(sample.name);
	assert_null(sample.path);
	assert_int_equal(sample.addresses.count, 0);
}

static void test_what_is_printed_says_the_same(void **state)
{
	static const char bytes[] = "colour = green\naddress = first\nseconds = 90\non = yes\n"
				    "name = two  words = one # value\naddress = second\n";
	static const char printed[] = "name = two  words = one # value\naddress = first\n"
				      "address = second\non = yes\nseconds = 90\ncolour = green\n";
	struct problem problem;
	struct sample sample;
	char *output = NULL;
	size_t length = 0;
	FILE *stream;

	(void)state;
	assert_int_equal(parse(&sample, bytes, strlen(bytes), &problem), 0);
	for (int i = 0; i < 2; i++) {
		stream = open_memstream(&output, &length);
		config_print(&table, &sample, stream);
		assert_int_equal(fclose(stream), 0);
		assert_string_equal(output, printed);
		config_finish(&table, &sample);
		/* And once more from what was printed. */
		assert_int_equal(parse(&sample, printed, strlen(printed), &problem), 0);
		free(output);
	}
	config_finish(&table, &sample);
}

static void test_what_has_no_value_is_not_printed(void **state)
{
	struct sample sample = {.seconds = 5};
	char *output = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&output, &length);

	(void)state;
	config_print(&table, &sample, stream);
	assert_int_equal(fclose(stream), 0);
	assert_string_equal(output, "on = no\nseconds = 5\ncolour = red\n");
	free(output);
}

static void test_an_empty_file_sets_nothing(void **state)
{
	struct problem problem;
	struct sample sample;

	(void)state;
	assert_int_equal(parse(&sample, "", 0, &problem), 0);
	assert_int_equal(parse(&sample, "\n\n# x\n \t\n", 9, &problem), 0);
	assert_null(sample.name);
	assert_string_equal(problem.text, "");
}

static void test_a_mistake_names_file_and_line(void **state)
{
	static const struct {
		const char *bytes, *problem;
	} rows[] = {
		{"nmae = x\n", "sample.conf:1: unknown key \"nmae\""},
		{"\n# c\nname = x\nname = x\n", "sample.conf:4: name is given twice"},
		{"name\n", "sample.conf:1: expected \"key = value\""},
		{"[section]\n", "sample.conf:1: expected \"key = value\""},
		{"= x\n", "sample.conf:1: unknown key \"\""},
		{"Name = x\n", "sample.conf:1: unknown key \"Name\""},
		{"name =\n", "sample.conf:1: name has no value"},
		{"name = \t \n", "sample.conf:1: name has no value"},
		{"on = no\non = no\n", "sample.conf:2: on is given twice"},
		{"on = true\n", "sample.conf:1: on is yes or no, not \"true\""},
		{"on = YES\n", "sample.conf:1: on is yes or no, not \"YES\""},
		{"seconds = 4\n",
			"sample.conf:1: seconds is a whole number from 5 to 300, not \"4\""},
		{"seconds = 301\n",
			"sample.conf:1: seconds is a whole number from 5 to 300, not \"301\""},
		{"seconds = -9\n",
			"sample.conf:1: seconds is a whole number from 5 to 300, not \"-9\""},
		{"seconds = +9\n",
			"sample.conf:1: seconds is a whole number from 5 to 300, not \"+9\""},
		{"seconds = 9s\n",
			"sample.conf:1: seconds is a whole number from 5 to 300, not \"9s\""},
		{"seconds = 0x9\n",
			"sample.conf:1: seconds is a whole number from 5 to 300, not \"0x9\""},
		{"seconds = 9 9\n",
			"sample.conf:1: seconds is a whole number from 5 to 300, not \"9 9\""},
		{"seconds = 18446744073709551626\n",
			"sample.conf:1: seconds is a whole number from 5 to 300, not "
			"\"18446744073709551626\""},
		{"colour = pink\n", "sample.conf:1: colour is red or green or blue, not \"pink\""},
		{"colour = re\n", "sample.conf:1: colour is red or green or blue, not \"re\""},
		{"path = etc/x\n", "sample.conf:1: path must be an absolute path"},
		{"name = x\r\n",
			"sample.conf:1: the line ends as on Windows, with a carriage return; for the "
			"whole file: sed -i 's/\\r//g' FILE"},
		{"\xef\xbb\xbfname = x\n",
			"sample.conf:1: the file begins with a byte order mark; for the whole file: "
			"LC_ALL=C sed -i '1s/^\\xef\\xbb\\xbf//; s/\\r//g' FILE"},
		{"na\xe2\x80\x8bme = x\n",
			"sample.conf:1: the line holds an invisible character: U+200B; for the "
			"whole file: LC_ALL=C sed -i ':a; s/^\\([^#]*\\)\\xe2\\x80\\x8b/\\1/; ta' "
			"FILE"},
		{"seconds = 9\xc2\xa0\n",
			"sample.conf:1: the line holds an invisible character: U+00A0; for the "
			"whole file: LC_ALL=C sed -i ':a; s/^\\([^#]*\\)\\xc2\\xa0/\\1 /; ta' FILE"},
		{"seconds \xef\xbc\x9d 9\n",
			"sample.conf:1: the line holds U+FF1D in the place of \"=\"; for the whole "
			"file: LC_ALL=C sed -i ':a; s/^\\([^#]*\\)\\xef\\xbc\\x9d/\\1=/; ta' FILE"},
		{"n\xc3\xa4me = x\n", "sample.conf:1: unknown key \"n\\xc3\\xa4me\""},
		{"n\xffme = x\n", "sample.conf:1: unknown key \"n\\xffme\""},
		{"name = x\\\n y\n", "sample.conf:2: expected \"key = value\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct problem problem;
		struct sample sample;

		assert_int_equal(
			parse(&sample, rows[i].bytes, strlen(rows[i].bytes), &problem), -EINVAL);
		assert_string_equal(problem.text, rows[i].problem);
		config_finish(&table, &sample);
	}
}

static void test_numbers_reach_both_ends_of_their_range(void **state)
{
	struct problem problem;
	struct sample sample;

	(void)state;
	assert_int_equal(parse(&sample, "seconds = 5", 11, &problem), 0);
	assert_int_equal(sample.seconds, 5);
	assert_int_equal(parse(&sample, "seconds = 300", 13, &problem), 0);
	assert_int_equal(sample.seconds, 300);
}

static void test_quotes_are_part_of_the_value(void **state)
{
	struct problem problem;
	struct sample sample;

	(void)state;
	assert_int_equal(parse(&sample, "name = \"x y\" ", 13, &problem), 0);
	assert_string_equal(sample.name, "\"x y\"");
	config_finish(&table, &sample);
}

static void test_a_list_is_full_after_64(void **state)
{
	struct problem problem = {""};
	struct sample sample;
	uint64_t seen = 0;

	(void)state;
	memset(&sample, 0, sizeof(sample));
	for (int i = 0; i < CONFIG_LIST_MAX; i++)
		assert_int_equal(
			config_set(&table, &sample, &seen, "address", exact("x"), &problem), 0);
	assert_int_equal(
		config_set(&table, &sample, &seen, "address", exact("x"), &problem), -EINVAL);
	assert_string_equal(problem.text, "address is given more than 64 times");
	assert_int_equal(sample.addresses.count, 64);
	config_finish(&table, &sample);
}

static void test_a_second_source_may_set_a_key_again(void **state)
{
	struct problem problem = {""};
	struct sample sample;
	uint64_t file = 0, line = 0;

	(void)state;
	memset(&sample, 0, sizeof(sample));
	assert_int_equal(config_set(&table, &sample, &file, "name", exact("file"), &problem), 0);
	assert_int_equal(config_set(&table, &sample, &line, "name", exact("line"), &problem), 0);
	assert_string_equal(sample.name, "line");
	assert_int_equal(config_set(&table, &sample, &line, "name", exact("x"), &problem), -EINVAL);
	assert_string_equal(sample.name, "line");
	config_finish(&table, &sample);
}

static void test_a_file_is_read_when_it_is_trusted(void **state)
{
	struct problem problem = {""};
	struct folder folder;
	struct sample sample;
	uint64_t seen = 0;
	const char *path;

	(void)state;
	memset(&sample, 0, sizeof(sample));
	folder_create(&folder);
	path = folder_write(&folder, "good", 0644, "name = x\non = maybe\n", 20);
	assert_int_equal(
		config_read(&table, &sample, &seen, path, SAFE_FILE_PUBLIC, &problem), -EINVAL);
	assert_begins(problem.text, path);
	assert_contains(problem.text, "good:2: on is yes or no");
	config_finish(&table, &sample);

	seen = 0;
	path = folder_write(&folder, "open", 0666, "name = x\n", 9);
	assert_int_equal(
		config_read(&table, &sample, &seen, path, SAFE_FILE_PUBLIC, &problem), -EPERM);
	assert_null(sample.name);
	path = folder_write(&folder, "readable", 0644, "name = x\n", 9);
	assert_int_equal(
		config_read(&table, &sample, &seen, path, SAFE_FILE_SECRET, &problem), -EPERM);
	assert_null(sample.name);
	assert_int_equal(config_read(&table, &sample, &seen, path, SAFE_FILE_PUBLIC, &problem), 0);
	assert_string_equal(sample.name, "x");
	assert_int_equal(config_read(&table, &sample, &seen, folder_path(&folder, "none"),
				 SAFE_FILE_PUBLIC, &problem),
		-ENOENT);
	config_finish(&table, &sample);
	folder_remove(&folder);
}

static void test_a_file_has_at_most_64_kib(void **state)
{
	static char bytes[CONFIG_FILE_MAX + 1];
	struct problem problem = {""};
	struct folder folder;
	struct sample sample;
	uint64_t seen = 0;
	const char *path;

	(void)state;
	memset(&sample, 0, sizeof(sample));
	memset(bytes, '\n', sizeof(bytes));
	folder_create(&folder);
	path = folder_write(&folder, "fits", 0644, bytes, CONFIG_FILE_MAX);
	assert_int_equal(config_read(&table, &sample, &seen, path, SAFE_FILE_PUBLIC, &problem), 0);
	path = folder_write(&folder, "large", 0644, bytes, CONFIG_FILE_MAX + 1);
	assert_int_equal(
		config_read(&table, &sample, &seen, path, SAFE_FILE_PUBLIC, &problem), -EFBIG);
	folder_remove(&folder);
}

static void test_path_faults_are_told(void **state)
{
	(void)state;
	assert_null(config_path_fault(exact("/x")));
	assert_string_equal(config_path_fault(exact("x")), "must be an absolute path");
	assert_string_equal(config_path_fault(exact("")), "must be an absolute path");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_type_is_read),
		cmocka_unit_test(test_what_is_printed_says_the_same),
		cmocka_unit_test(test_what_has_no_value_is_not_printed),
		cmocka_unit_test(test_an_empty_file_sets_nothing),
		cmocka_unit_test(test_a_mistake_names_file_and_line),
		cmocka_unit_test(test_numbers_reach_both_ends_of_their_range),
		cmocka_unit_test(test_quotes_are_part_of_the_value),
		cmocka_unit_test(test_a_list_is_full_after_64),
		cmocka_unit_test(test_a_second_source_may_set_a_key_again),
		cmocka_unit_test(test_a_file_is_read_when_it_is_trusted),
		cmocka_unit_test(test_a_file_has_at_most_64_kib),
		cmocka_unit_test(test_path_faults_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
