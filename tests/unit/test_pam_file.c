#include "pam_file.h"

#include <errno.h>

#include "exact.h"
#include "problem.h"
#include "text.h"
#include "unit.h"

#define INCLUDE "@include common-auth\n"
#define BEGIN "# BEGIN pam-wechat: \"pam-wechat disable\" takes this block out again\n"
#define END "# END pam-wechat"

static char bytes[PAM_FILE_MAX + PAM_FILE_BLOCK_MAX];
static char line[512];
static struct text edited, taken;
static struct problem problem;

static int enable(const char *file, enum pam_file_form form, const char *options)
{
	problem.text[0] = '\0';
	text_init(&edited, bytes, sizeof(bytes));
	return pam_file_enable("F", exact_bytes(file, strlen(file)), strlen(file), form, options,
		"", &edited, &problem);
}

static int disable(const char *file)
{
	problem.text[0] = '\0';
	text_init(&edited, bytes, sizeof(bytes));
	text_init(&taken, line, sizeof(line));
	return pam_file_disable(
		"F", exact_bytes(file, strlen(file)), strlen(file), &edited, &taken, &problem);
}

static void test_wechat_takes_the_place_of_common_auth(void **state)
{
	(void)state;
	assert_int_equal(
		enable("# one\n" INCLUDE "account required a.so\n", PAM_FILE_ALONE, ""), 2);
	assert_string_equal(bytes,
		"# one\n" BEGIN "# before: " INCLUDE "auth    required    pam_wechat.so\n" END
		"\naccount required a.so\n");
}

static void test_a_second_factor_stands_behind_common_auth(void **state)
{
	(void)state;
	assert_int_equal(enable(INCLUDE "auth optional a.so\n", PAM_FILE_SECOND_FACTOR, ""), 1);
	assert_string_equal(bytes, INCLUDE BEGIN
		"auth    [success=ok ignore=ignore default=die]         pam_wechat.so "
		"unlisted=ignore\n" END "\nauth optional a.so\n");
}

static void test_what_somebody_added_to_the_line_is_told_when_it_goes(void **state)
{
	(void)state;
	assert_int_equal(disable("# one\n" BEGIN "# before: " INCLUDE
				 "auth required pam_wechat.so timeout=60 # slow\n" END "\n"),
		0);
	assert_string_equal(bytes, "# one\n" INCLUDE);
	assert_string_equal(line, "auth required pam_wechat.so timeout=60 # slow\n");
}

static void test_options_stand_at_the_end_of_the_line(void **state)
{
	(void)state;
	assert_int_equal(enable(INCLUDE, PAM_FILE_ALONE, "conf=/a/b"), 1);
	assert_contains(bytes, "pam_wechat.so conf=/a/b\n");
	assert_int_equal(enable(INCLUDE, PAM_FILE_SECOND_FACTOR, "conf=/a/b"), 1);
	assert_contains(bytes, "pam_wechat.so unlisted=ignore conf=/a/b\n");
}

/* Each holds one line for the block, in the words and at the place of some system. */
static const char *const files[] = {
	INCLUDE,
	"@include common-auth",
	"\n" INCLUDE "\n",
	"# one\n\t@INCLUDE\tcommon-auth  # two\naccount required a.so",
	"auth include common-auth\n",
	"AUTH\tsubstack\tcommon-auth\n",
	"auth required \\\n  a.so\n@include common-auth",
	"auth required \\\n  a.so b=c\n" INCLUDE,
	"# a comment does not go on \\\n" INCLUDE,
	"auth required a.so b # nor this \\\n" INCLUDE "session required b.so\n",
	"auth [success=1 default=ignore] a.so [b c]\n" INCLUDE "\n\n",
};

static void test_what_was_put_in_is_taken_out_without_a_trace(void **state)
{
	static char copy[sizeof(bytes)];

	(void)state;
	for (size_t i = 0; i < COUNT(files) * 2; i++) {
		const char *file = files[i / 2];

		assert_true(enable(file, i % 2 == 0 ? PAM_FILE_ALONE : PAM_FILE_SECOND_FACTOR,
				    "conf=/a") > 0);
		assert_string_not_equal(bytes, file);
		strcpy(copy, bytes);
		assert_int_equal(enable(copy, PAM_FILE_ALONE, ""), -EEXIST);
		assert_int_equal(disable(copy), 0);
		assert_string_equal(bytes, file);
		assert_int_equal(edited.length, strlen(file));
	}
}

static void test_a_change_beside_the_block_stays(void **state)
{
	(void)state;
	assert_int_equal(disable("# new\n" BEGIN "# before: " INCLUDE
				 "auth requisite /lib/pam_wechat.so debug\n" END
				 " and more\nauth optional new.so\n"),
		0);
	assert_string_equal(bytes, "# new\n" INCLUDE "auth optional new.so\n");
}

#define TRIAL REHEARSAL_MARK "later [1]"
#define ON_TRIAL                                                        \
	"# on trial until outside\n" BEGIN TRIAL "\n# before: " INCLUDE \
	"auth required pam_wechat.so\n" END "\n# on trial until outside\n"

static void test_a_trial_stands_in_the_block_and_goes_with_it(void **state)
{
	char trial[REHEARSAL_LINE_MAX];

	(void)state;
	text_init(&edited, bytes, sizeof(bytes));
	assert_int_equal(pam_file_enable("F", INCLUDE, strlen(INCLUDE), PAM_FILE_ALONE, "", TRIAL,
				 &edited, &problem),
		1);
	assert_begins(bytes, BEGIN TRIAL "\n# before: " INCLUDE);
	assert_int_equal(pam_file_trial("F", exact_bytes(ON_TRIAL, strlen(ON_TRIAL)),
				 strlen(ON_TRIAL), trial, &problem),
		3);
	assert_string_equal(trial, TRIAL);
	assert_int_equal(disable(ON_TRIAL), 0);
	assert_string_equal(
		bytes, "# on trial until outside\n" INCLUDE "# on trial until outside\n");
	assert_string_equal(line, "auth required pam_wechat.so\n");
}

static int keep(const char *file)
{
	problem.text[0] = '\0';
	text_init(&edited, bytes, sizeof(bytes));
	return pam_file_keep("F", exact_bytes(file, strlen(file)), strlen(file), &edited, &problem);
}

static void test_what_is_kept_is_no_longer_on_trial(void **state)
{
	char trial[REHEARSAL_LINE_MAX];
	static const char kept[] =
		"# on trial until outside\n" BEGIN "# before: " INCLUDE
		"auth required pam_wechat.so\n" END "\n# on trial until outside\n";

	(void)state;
	assert_int_equal(keep(ON_TRIAL), 0);
	assert_string_equal(bytes, kept);
	assert_int_equal(keep(kept), -ENOENT);
	assert_string_equal(problem.text, "F: nothing is on trial there");
	assert_int_equal(pam_file_trial("F", kept, strlen(kept), trial, &problem), 0);
	assert_string_equal(trial, "");
	assert_int_equal(keep(BEGIN TRIAL "\n" TRIAL "\n" END "\n"), -EINVAL);
	assert_begins(problem.text, "F:3: a second trial stands here");
	assert_int_equal(enable(ON_TRIAL, PAM_FILE_ALONE, ""), -EEXIST);
	assert_contains(problem.text, "F:2: WeChat is asked here already, on trial");
}

static const struct {
	const char *file;
	int error;
	const char *problem;
} unfit[] = {
	{"", -ENOENT, "F: there is no line \"@include common-auth\""},
	{"#@include common-auth\n", -ENOENT, "F: there is no line"},
	{"@include common-account\n", -ENOENT, "F: there is no line"},
	{"account include common-auth\n", -ENOENT, "F: there is no line"},
	{"auth required a.so\\\n" INCLUDE, -ENOENT, "F: there is no line"},
	{INCLUDE "\n" INCLUDE, -EINVAL, "F:3: common-auth is included a second time"},
	{"@include \\\ncommon-auth\n", -EINVAL, "F:1: write this on one line"},
	{INCLUDE "auth required pam_wechat.so\n", -EINVAL, "F:2: pam_wechat.so stands here"},
	{"\n-auth [default=die] /x/pam_wechat.so debug\n", -EINVAL, "F:2: pam_wechat.so stands"},
	{"auth [a=\\] b] pam_wechat.so\n", -EINVAL, "F:1: pam_wechat.so stands here"},
	{"session required \\\n  pam_wechat.so\n", -EINVAL, "F:1: pam_wechat.so stands here"},
	{INCLUDE BEGIN END "\n", -EEXIST, "F:2: WeChat is asked here already"},
	{INCLUDE BEGIN, -EINVAL, "F:2: the block that begins here has no end"},
	{INCLUDE END, -EINVAL, "F:2: a block of pam-wechat's ends here"},
	{BEGIN END "\n" END, -EINVAL, "F:3: a block of pam-wechat's ends here"},
	{BEGIN END "\n" BEGIN END, -EINVAL, "F:3: a second block"},
	{"@include common-auth\r\n", -EINVAL, "F:1: the line ends as on Windows"},
	{INCLUDE "auth required \\", -EINVAL, "F:2: the line goes on behind the end"},
	{INCLUDE "auth required \\\n# between\na.so\n", -EINVAL, "F:2: a comment or a blank line"},
};

static void test_what_is_not_fit_is_refused_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(unfit); i++) {
		assert_int_equal(enable(unfit[i].file, PAM_FILE_ALONE, ""), unfit[i].error);
		assert_begins(problem.text, unfit[i].problem);
		assert_int_equal(enable(unfit[i].file, PAM_FILE_SECOND_FACTOR, ""), unfit[i].error);
	}
}

static void test_what_is_not_ours_is_not_taken_out(void **state)
{
	static const char *const foreign[] = {"auth required pam_other.so", "# a comment", "",
		"@include common-auth", "auth required \\", "not_pam_wechat.so"};
	char file[512];

	(void)state;
	assert_int_equal(disable(INCLUDE), -ENOENT);
	assert_begins(problem.text, "F: there is no block");
	for (size_t i = 0; i < COUNT(foreign); i++) {
		assert_int_equal(text_format(file, sizeof(file), "%s%s%s\n%s\n", INCLUDE, BEGIN,
					 foreign[i], END),
			0);
		assert_int_equal(disable(file), -EINVAL);
		assert_begins(problem.text, "F:3: this line is not pam-wechat's");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wechat_takes_the_place_of_common_auth),
		cmocka_unit_test(test_a_second_factor_stands_behind_common_auth),
		cmocka_unit_test(test_options_stand_at_the_end_of_the_line),
		cmocka_unit_test(test_what_somebody_added_to_the_line_is_told_when_it_goes),
		cmocka_unit_test(test_what_was_put_in_is_taken_out_without_a_trace),
		cmocka_unit_test(test_a_change_beside_the_block_stays),
		cmocka_unit_test(test_a_trial_stands_in_the_block_and_goes_with_it),
		cmocka_unit_test(test_what_is_kept_is_no_longer_on_trial),
		cmocka_unit_test(test_what_is_not_fit_is_refused_with_its_line),
		cmocka_unit_test(test_what_is_not_ours_is_not_taken_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
