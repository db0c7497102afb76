#include "pam_stack.h"

#include <security/pam_modules.h>

#include "exact.h"
#include "folder.h"
#include "pam_judge.h"
#include "text.h"
#include "unit.h"

#define WECHAT " pam_wechat.so\n"
#define COMMON_AUTH                                                                 \
	"auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\n" \
	"auth required pam_permit.so\n"

static void test_lines_are_named_by_file_and_number(void **state)
{
	static const char lines[] =
		"# a comment\n\naccount required pam_permit.so\n"
		"auth \\\n  [success=ok \\\n default=die] pam_wechat.so a [b c]\n"
		"@include inner\n";
	static const char inner[] = "\nauth required pam_permit.so\n";
	struct pam_stack *stack = NULL;
	struct folder folder;

	(void)state;
	folder_create(&folder);
	folder_write(&folder, "stack", 0644, lines, strlen(lines));
	folder_write(&folder, "inner", 0644, inner, strlen(inner));
	assert_int_equal(pam_stack_read(folder.path, "stack", "auth", &stack), 0);
	assert_int_equal(stack->count, 2);
	assert_int_equal(stack->entries[0].line, 4);
	assert_true(pam_entry_is_ours(&stack->entries[0]));
	assert_int_equal(stack->entries[0].word_count, 2);
	assert_string_equal(stack->entries[0].words[1], "b c");
	assert_contains(stack->entries[1].file, "/inner");
	assert_int_equal(stack->entries[1].line, 2);
	pam_stack_free(&stack);
	folder_remove(&folder);
}

/* The line that leads around ours if exceptions are made by the service's own file, or "". */
static const struct {
	const char *stack, *inner, *around;
} ways[] = {
	{"@include inner\nauth required" WECHAT, COMMON_AUTH, ""},
	{"@include inner\nauth required" WECHAT, "auth sufficient pam_unix.so\n", "/inner:1"},
	{"auth include inner\nauth required" WECHAT, "\nauth [success=done] pam_u2f.so\n",
		"/inner:2"},
	{"auth substack inner\nauth required" WECHAT, "auth sufficient pam_unix.so\n", ""},
	{"auth sufficient pam_u2f.so\nauth required" WECHAT, "", ""},
	{"@include inner\nauth sufficient pam_u2f.so\nauth required" WECHAT,
		"auth sufficient pam_unix.so\n", "/inner:1"},
	{"auth [success=1] pam_u2f.so\nauth required" WECHAT "auth required pam_permit.so\n", "",
		"/text:1"},
	{"auth [success=1] pam_rootok.so\nauth required" WECHAT "auth required pam_permit.so\n", "",
		""},
	{"auth [success=ok default=1] pam_u2f.so\nauth required" WECHAT
	 "auth required pam_permit.so\n",
		"", "/text:1"},
	{"auth [default=1] pam_rootok.so\nauth required" WECHAT "auth required pam_permit.so\n", "",
		"/text:1"},
	{"@include inner\nauth required" WECHAT, "session sufficient pam_u2f.so\n", ""},
	{"auth required" WECHAT "auth sufficient pam_u2f.so\n", "", ""},
};

static void test_the_line_that_leads_around_ours_is_found(void **state)
{
	struct folder folder;
	char own[512];

	(void)state;
	folder_create(&folder);
	assert_int_equal(text_format(own, sizeof(own), "%s/text", folder.path), 0);
	for (size_t i = 0; i < COUNT(ways); i++) {
		const struct pam_question question = {.service = "su",
			.code = PAM_AUTH_ERR,
			.means = PAM_MEANS_PROOF,
			.own_file = own};
		const struct pam_entry *way;
		struct pam_stack *stack = NULL;
		char place[600] = "";

		folder_write(&folder, "inner", 0644, ways[i].inner, strlen(ways[i].inner));
		/* There is no file of this name. */
		assert_int_equal(pam_stack_read_text(folder.path, "text", "auth",
					 exact_bytes(ways[i].stack, strlen(ways[i].stack)),
					 strlen(ways[i].stack), &stack),
			0);
		assert_string_equal(stack->fault, "");
		way = pam_judge_way_around(stack, &question);
		if (way != NULL)
			assert_int_equal(text_format(place, sizeof(place), "%s:%ld",
						 strrchr(way->file, '/'), way->line),
				0);
		assert_string_equal(place, ways[i].around);
		pam_stack_free(&stack);
	}
	folder_remove(&folder);
}

static void test_what_is_not_as_it_seems_is_named(void **state)
{
	static const struct {
		const char *text;
		enum pam_reading reading;
		const char *file;
		long line;
		const char *fault;
	} rows[] = {
		{"auth required" WECHAT, PAM_READING_CLEAR, NULL, 0, ""},
		{"atuh required" WECHAT, PAM_READING_BROKEN, "/text", 1,
			"there is no type \"atuh\""},
		{"\n--auth required" WECHAT, PAM_READING_BROKEN, "/text", 2, "\"-auth\""},
		{"\xc2\xa0"
		 "auth required" WECHAT,
			PAM_READING_BROKEN, "/text", 1, "no type"},
		{"[] required" WECHAT, PAM_READING_BROKEN, "/text", 1, "no type \"\""},
		{"auth required\n", PAM_READING_BROKEN, "/text", 1, "there is no module"},
		{"auth\n", PAM_READING_BROKEN, "/text", 1, "there is no module"},
		{"auth perhaps" WECHAT, PAM_READING_BROKEN, "/text", 1, "the control"},
		{"auth [success=0]" WECHAT, PAM_READING_BROKEN, "/text", 1, "the control"},
		{"auth [success=9999999999]" WECHAT, PAM_READING_BROKEN, "/text", 1, "the control"},
		{"\nauth include gone\n", PAM_READING_BROKEN, "/text", 2, "gone: No such file"},
		{"auth include cut\n", PAM_READING_BROKEN, "/cut", 2, "behind the end"},
		{"session include gone\n", PAM_READING_CLEAR, NULL, 0, ""},
		{"auth include typo\n", PAM_READING_BROKEN, "/typo", 1, "\"atuh\""},
		{"session include typo\n", PAM_READING_CLEAR, NULL, 0, ""},
		{"\n@include gone\n", PAM_READING_ABORTS, "/text", 2, "gone: No such file"},
		{"@include cut\n", PAM_READING_ABORTS, "/cut", 2, "behind the end"},
		{"auth required \\\n", PAM_READING_ABORTS, "/text", 1, "behind the end"},
		{"session required .so\n", PAM_READING_ABORTS, "/text", 1, "no name"},
		{"auth required /lib/security/\n", PAM_READING_ABORTS, "/text", 1, "no name"},
		{"auth required ?.so\n", PAM_READING_ABORTS, "/text", 1, "no name"},
		{"@include loop\n", PAM_READING_UNCLEAR, "/loop", 1, "16 levels"},
		{"auth include\n", PAM_READING_UNCLEAR, "/text", 1, "no file is named"},
		{"@include\n", PAM_READING_UNCLEAR, "/text", 1, "no file is named"},
		{"auth include folder\n", PAM_READING_UNCLEAR, "/folder", 0, "no regular file"},
		{"auth required \\\n# why\n" WECHAT, PAM_READING_UNCLEAR, "/text", 1, "backslash"},
		{"auth required \\\n\n" WECHAT, PAM_READING_UNCLEAR, "/text", 1, "backslash"},
		{"session required \\\n \t\npam_env.so\n", PAM_READING_UNCLEAR, "/text", 1,
			"backslash"},
		{"auth required pam_wechat.so\r\n", PAM_READING_UNCLEAR, "/text", 1,
			"carriage return"},
		{"\r\n", PAM_READING_UNCLEAR, "/text", 1, "carriage return"},
		{"# a comment\r\nauth required" WECHAT, PAM_READING_CLEAR, NULL, 0, ""},
		{"auth\v required" WECHAT, PAM_READING_UNCLEAR, "/text", 1, "control character"},
		{"auth required" WECHAT "session include inner\n", PAM_READING_UNCLEAR, "/inner", 1,
			"longer than 1023"},
	};
	char inner[2048];
	struct folder folder;

	(void)state;
	folder_create(&folder);
	folder_write(&folder, "loop", 0644, "@include loop\n", 14);
	folder_write(&folder, "cut", 0644, "\nauth required \\", 16);
	folder_write(&folder, "typo", 0644, "atuh required pam_unix.so\n", 26);
	folder_make(&folder, "folder", 0755);
	assert_int_equal(text_format(inner, sizeof(inner), "#%01022d\n", 0), 0);
	folder_write(&folder, "inner", 0644, inner, strlen(inner));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pam_stack *stack = NULL;

		assert_int_equal(pam_stack_read_text(folder.path, "text", "auth",
					 exact_bytes(rows[i].text, strlen(rows[i].text)),
					 strlen(rows[i].text), &stack),
			0);
		if (stack->reading != rows[i].reading || stack->fault_line != rows[i].line)
			fail_msg("%s: read as %d, line %ld", rows[i].text, stack->reading,
				stack->fault_line);
		if (rows[i].file != NULL)
			assert_contains(stack->fault_file, rows[i].file);
		assert_contains(stack->fault, rows[i].fault);
		pam_stack_free(&stack);
	}
	folder_remove(&folder);
}

/* libpam up to 1.5 reads 1,023 bytes with the line's end, in a comment, too. */
static void test_the_longest_line(void **state)
{
	(void)state;
	for (int length = 1020; length < 1027; length++) {
		struct pam_stack *stack = NULL;
		char text[2048];

		assert_int_equal(text_format(text, sizeof(text), "#%0*d\nauth required" WECHAT,
					 length - 2, 0),
			0);
		assert_int_equal(pam_stack_read_text(
					 "/etc/pam.d", "text", "auth", text, strlen(text), &stack),
			0);
		assert_int_equal(
			stack->reading, length <= 1023 ? PAM_READING_CLEAR : PAM_READING_UNCLEAR);
		pam_stack_free(&stack);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_are_named_by_file_and_number),
		cmocka_unit_test(test_the_line_that_leads_around_ours_is_found),
		cmocka_unit_test(test_what_is_not_as_it_seems_is_named),
		cmocka_unit_test(test_the_longest_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
