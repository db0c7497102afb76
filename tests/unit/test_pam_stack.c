#include "pam_stack.h"

#include <security/pam_modules.h>

#include "exact.h"
#include "folder.h"
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

static void test_a_file_that_includes_itself_ends(void **state)
{
	static const char lines[] = "auth include stack\nauth required pam_wechat.so\n";
	const struct pam_question right = {.code = PAM_SUCCESS};
	struct pam_stack *stack = NULL;
	struct folder folder;

	(void)state;
	folder_create(&folder);
	folder_write(&folder, "stack", 0644, lines, strlen(lines));
	assert_int_equal(pam_stack_read(folder.path, "stack", "auth", &stack), 0);
	assert_false(pam_stack_may_succeed(stack, &right));
	pam_stack_free(&stack);
	folder_remove(&folder);
}

/* The line that leads around ours if exceptions are made by the service's own file, or "". */
static const struct {
	const char *stack, *inner, *around;
} ways[] = {
	{"@include inner\nauth required" WECHAT, COMMON_AUTH, ""},
	{"@include inner\nauth required" WECHAT, "auth sufficient pam_unix.so\n", "/inner:1"},
	{"auth include inner\nauth required" WECHAT, "\nauth [success=done] a.so\n", "/inner:2"},
	{"auth substack inner\nauth required" WECHAT, "auth sufficient pam_unix.so\n", ""},
	{"auth sufficient a.so\nauth required" WECHAT, "", ""},
	{"@include inner\nauth sufficient a.so\nauth required" WECHAT,
		"auth sufficient pam_unix.so\n", "/inner:1"},
	{"auth [success=1] a.so\nauth required" WECHAT "auth required pam_permit.so\n", "",
		"/text:1"},
	{"auth [success=1] pam_rootok.so\nauth required" WECHAT "auth required pam_permit.so\n", "",
		""},
	{"auth [success=ok default=1] a.so\nauth required" WECHAT "auth required pam_permit.so\n",
		"", "/text:1"},
	{"auth [default=1] pam_rootok.so\nauth required" WECHAT "auth required pam_permit.so\n", "",
		"/text:1"},
	{"@include inner\nauth required" WECHAT, "session sufficient a.so\n", ""},
	{"auth required" WECHAT "auth sufficient a.so\n", "", ""},
};

static void test_the_line_that_leads_around_ours_is_found(void **state)
{
	struct folder folder;
	char own[512];

	(void)state;
	folder_create(&folder);
	assert_int_equal(text_format(own, sizeof(own), "%s/text", folder.path), 0);
	for (size_t i = 0; i < COUNT(ways); i++) {
		const struct pam_question question = {
			.code = PAM_AUTH_ERR, .around_ours = true, .own_file = own};
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
		way = pam_stack_way_around(stack, &question);
		if (way != NULL)
			assert_int_equal(text_format(place, sizeof(place), "%s:%ld",
						 strrchr(way->file, '/'), way->line),
				0);
		assert_string_equal(place, ways[i].around);
		pam_stack_free(&stack);
	}
	folder_remove(&folder);
}

static void test_what_cannot_be_read_is_named(void **state)
{
	static const char *const faults[][2] = {
		{"\n@include gone\n", "/text:2: gone: No such file"},
		{"@include loop\n", "/loop:1: loop: Too many levels"},
		{"@include cut\n", "/cut:2: the line goes on behind the end"},
		{"auth required\n", "/text:1: there is no module"}};
	struct folder folder;

	(void)state;
	folder_create(&folder);
	folder_write(&folder, "loop", 0644, "@include loop\n", 14);
	folder_write(&folder, "cut", 0644, "\nauth required \\", 16);
	for (size_t i = 0; i < COUNT(faults); i++) {
		struct pam_stack *stack = NULL;

		assert_int_equal(pam_stack_read_text(folder.path, "text", "auth",
					 exact_bytes(faults[i][0], strlen(faults[i][0])),
					 strlen(faults[i][0]), &stack),
			0);
		assert_contains(stack->fault, faults[i][1]);
		pam_stack_free(&stack);
	}
	folder_remove(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_are_named_by_file_and_number),
		cmocka_unit_test(test_a_file_that_includes_itself_ends),
		cmocka_unit_test(test_the_line_that_leads_around_ours_is_found),
		cmocka_unit_test(test_what_cannot_be_read_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
