/*
 * Each stack is judged, and then run by libpam itself with every combination of answers: both have
 * to agree, for a refusal and for every other answer of ours.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <security/pam_appl.h>

#include "folder.h"
#include "pam_stack.h"
#include "text.h"
#include "unit.h"

#define MODULES_MAX 12
#define WECHAT " pam_wechat.so\n"

static char *answering; /* the module that plays all others */

struct row {
	const char *name, *stack;
	const char *inner; /* what "inner" holds, for stacks that include it */
	bool denial_passes;
};

#define COMMON_AUTH                                                                 \
	"auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\n" \
	"auth required pam_permit.so\n"

static const struct row rows[] = {
	{"required", "auth required" WECHAT, NULL, false},
	{"requisite", "auth requisite" WECHAT "auth required pam_unix.so\n", NULL, false},
	{"sufficient_and_a_password", "auth sufficient" WECHAT "auth required pam_unix.so\n", NULL,
		true},
	{"sufficient_and_deny", "auth sufficient" WECHAT "auth required pam_deny.so\n", NULL,
		false},
	{"sufficient_alone", "auth sufficient" WECHAT, NULL, false},
	{"sufficient_and_permit", "auth sufficient" WECHAT "auth required pam_permit.so\n", NULL,
		true},
	{"optional", "auth required pam_unix.so\nauth optional" WECHAT, NULL, true},
	{"optional_alone", "auth optional" WECHAT, NULL, false},
	{"password_then_required", "auth required pam_unix.so\nauth required" WECHAT, NULL, false},
	{"password_sufficient_above", "auth sufficient pam_unix.so\nauth required" WECHAT, NULL,
		false},
	{"password_sufficient_below", "auth required" WECHAT "auth sufficient pam_unix.so\n", NULL,
		false},
	{"second_factor",
		"auth required pam_unix.so\nauth [success=ok ignore=ignore default=die]" WECHAT,
		NULL, false},
	{"second_factor_default_ignore",
		"auth required pam_unix.so\nauth [success=ok default=ignore]" WECHAT, NULL, true},
	{"second_factor_after_common_auth", "@include inner\nauth required" WECHAT, COMMON_AUTH,
		false},
	{"common_auth_after", "auth sufficient" WECHAT "@include inner\n", COMMON_AUTH, true},
	{"common_auth_after_required", "auth required" WECHAT "@include inner\n", COMMON_AUTH,
		false},
	{"the_sample_for_login",
		"auth [success=done authinfo_unavail=ignore default=die]" WECHAT "@include inner\n",
		COMMON_AUTH, false},
	{"default_ignore", "auth [default=ignore]" WECHAT "auth required pam_unix.so\n", NULL,
		true},
	{"ignore_maxtries_only",
		"auth [success=done maxtries=ignore default=die]" WECHAT
		"auth required pam_unix.so\n",
		NULL, false},
	{"jump_over_deny",
		"auth [success=1 default=ignore]" WECHAT
		"auth requisite pam_deny.so\nauth required pam_permit.so\n",
		NULL, false},
	{"jump_on_denial",
		"auth [success=ok default=1]" WECHAT
		"auth requisite pam_deny.so\nauth required pam_permit.so\n",
		NULL, true},
	{"jump_too_far", "auth [default=9]" WECHAT "auth required pam_permit.so\n", NULL, false},
	{"jump_too_far_after_a_password", "auth required pam_unix.so\nauth [default=9]" WECHAT,
		NULL, false},
	{"a_line_without_a_module", "auth sufficient\nauth required" WECHAT, NULL, false},
	{"jump_to_the_end",
		"auth required pam_permit.so\nauth [default=1]" WECHAT
		"auth required pam_unix.so\n",
		NULL, true},
	{"jump_over_a_substack",
		"auth [default=1]" WECHAT "auth substack inner\nauth required pam_permit.so\n",
		"auth requisite pam_deny.so\nauth required pam_deny.so\n", true},
	{"jump_of_zero", "auth [default=0]" WECHAT "auth required pam_permit.so\n", NULL, false},
	{"done_in_a_substack", "auth substack inner\nauth required pam_unix.so\n",
		"auth sufficient" WECHAT, true},
	{"die_in_a_substack", "auth substack inner\nauth sufficient pam_unix.so\n",
		"auth [success=done default=die]" WECHAT, false},
	{"sufficient_in_an_include", "auth include inner\nauth required pam_unix.so\n",
		"auth sufficient" WECHAT, true},
	{"reset_forgets_a_denial",
		"auth required" WECHAT
		"auth [default=reset] pam_sss.so\nauth required pam_unix.so\n",
		NULL, true},
	{"reset_in_a_substack_forgets_its_own_alone",
		"auth required" WECHAT "auth substack inner\n",
		"auth required pam_unix.so\nauth [default=reset] pam_sss.so\n"
		"auth required pam_permit.so\n",
		false},
	{"reset_in_a_substack_forgets_ours_there",
		"auth required pam_unix.so\nauth substack inner\n",
		"auth required" WECHAT "auth [default=reset] pam_permit.so\n", true},
	{"ok_on_denial",
		"auth [success=ok auth_err=ok default=die]" WECHAT "auth required pam_unix.so\n",
		NULL, false},
	{"ok_on_denial_behind", "auth required pam_unix.so\nauth [default=ok]" WECHAT, NULL, false},
	{"done_on_denial", "auth [default=done]" WECHAT "auth required pam_unix.so\n", NULL, false},
	{"bad_on_success", "auth [success=bad default=ignore]" WECHAT "auth required pam_unix.so\n",
		NULL, true},
	{"rootok_above", "auth sufficient pam_rootok.so\nauth required" WECHAT, NULL, false},
	{"rootok_skips",
		"auth [success=1 default=ignore] pam_rootok.so\nauth required" WECHAT
		"auth required pam_unix.so\n",
		NULL, false},
	{"an_unknown_control", "auth perhaps" WECHAT "auth required pam_permit.so\n", NULL, false},
	{"an_unknown_action",
		"auth [success=ok default=perhaps]" WECHAT "auth required pam_permit.so\n", NULL,
		false},
	{"an_unnamed_code_is_bad", "auth [success=ok]" WECHAT "auth required pam_permit.so\n", NULL,
		false},
	{"default_first",
		"auth [default=ignore auth_err=die success=ok]" WECHAT
		"auth required pam_permit.so\n",
		NULL, false},
	{"a_file_that_is_not_there",
		"auth include nowhere\nauth sufficient" WECHAT "auth required pam_permit.so\n",
		NULL, false},
	{"a_comment_behind",
		"auth required"
		" pam_wechat.so # sufficient\n",
		NULL, false},
	{"a_continued_line", "auth sufficient \\\n" WECHAT "auth required pam_unix.so\n", NULL,
		true},
	{"upper_case", "AUTH Sufficient" WECHAT "auth required pam_unix.so\n", NULL, true},
	{"a_silent_line", "-auth sufficient" WECHAT "auth required pam_unix.so\n", NULL, true},
	{"a_comment_within_a_continued_line",
		"auth required \\\n# between\n\n" WECHAT "auth required pam_unix.so\n", NULL,
		false},
	{"a_comment_does_not_go_on", "auth required pam_unix.so # so \\\nauth required" WECHAT,
		NULL, false},
	{"blanks_behind_a_backslash", "auth required \\ \t\n" WECHAT "auth required pam_unix.so\n",
		NULL, false},
	{"blanks_around_signs",
		"auth [success = done default= ignore]" WECHAT "auth required pam_unix.so\n", NULL,
		true},
	{"sufficient_in_an_include_above", "@include inner\nauth required" WECHAT,
		"auth sufficient pam_unix.so\n", false},
	{"sufficient_in_a_substack_above", "auth substack inner\nauth required" WECHAT,
		"auth sufficient pam_unix.so\n", false},
	{"jump_over_a_substack_above",
		"auth [success=1] pam_sss.so\nauth substack inner\nauth required" WECHAT,
		COMMON_AUTH, false},
	{"jump_out_of_an_include_above",
		"auth [success=4] pam_sss.so\n@include inner\nauth required" WECHAT
		"auth required pam_permit.so\n",
		COMMON_AUTH, false},
	{"jump_out_of_a_substack_above",
		"auth substack inner\nauth required" WECHAT "auth required pam_permit.so\n",
		"auth [success=9] pam_unix.so\n", false},
	{"reset_alone_forgets_in_vain", "auth required" WECHAT "auth [default=reset] pam_sss.so\n",
		NULL, false},
	{"twice", "auth sufficient" WECHAT "auth required" WECHAT, NULL, false},
	{"two_passwords",
		"auth [success=2 default=ignore] pam_unix.so\n"
		"auth [success=1 default=ignore] pam_sss.so\nauth requisite pam_deny.so\n"
		"auth required" WECHAT,
		NULL, false},
};

/* Writes a service file for libpam: every module is ours, at a link of its name. */
static void write_service(struct folder *folder, const char *name, const char *lines, size_t *id)
{
	char bytes[4096], module[64];
	struct text text;

	text_init(&text, bytes, sizeof(bytes));
	while (*lines != '\0') {
		const char *start = strstr(lines, "pam_");
		const char *end = strchr(lines, '\n');

		/* libpam looks for what has no path in /etc/pam.d alone. */
		if (strncmp(end - 6, " inner", 6) == 0) {
			text_addf(&text, "%.*s %s/inner\n", (int)(end - 6 - lines), lines,
				folder->path);
			lines = end + 1;
			continue;
		}
		if (start == NULL || end < start) {
			text_add_bytes(&text, lines, (size_t)(end + 1 - lines));
			lines = end + 1;
			continue;
		}
		text_add_bytes(&text, lines, (size_t)(start - lines));
		lines = start + strcspn(start, " \n");
		assert_int_equal(
			text_format(module, sizeof(module), "%.*s", (int)(lines - start), start),
			0);
		if (symlink(answering, folder_path(folder, module)) < 0)
			assert_int_equal(errno, EEXIST);
		text_addf(&text, "%s/%s id=%zu%s", folder->path, module, (*id)++,
			strcmp(module, "pam_wechat.so") == 0 ? " ours" : "");
	}
	assert_int_equal(text_finish(&text), 0);
	folder_write(folder, name, 0644, bytes, text.length);
}

static int converse(int count, const struct pam_message **messages, struct pam_response **answers,
	void *context)
{
	(void)count;
	(void)messages;
	(void)answers;
	(void)context;
	return PAM_CONV_ERR;
}

static bool authenticate(const struct folder *folder, const int *codes, size_t count, bool *asked)
{
	const struct pam_conv conversation = {.conv = converse};
	pam_handle_t *pamh = NULL;
	char answers[128];
	struct text text;
	int rv;

	text_init(&text, answers, sizeof(answers));
	for (size_t i = 0; i < count; i++)
		text_addf(&text, "%s%d", i == 0 ? "" : ",", codes[i]);
	assert_int_equal(setenv("ANSWERS", answers, 1), 0);
	assert_int_equal(unsetenv("ASKED"), 0);
	/* libpam does not begin at all if a file that is included is not there. */
	rv = pam_start_confdir("stack", "alice", &conversation, folder->path, &pamh);
	if (rv == PAM_SUCCESS)
		rv = pam_authenticate(pamh, 0);
	if (pamh != NULL)
		(void)pam_end(pamh, rv);
	*asked = getenv("ASKED") != NULL;
	return rv == PAM_SUCCESS;
}

/* Which modules the lines name, in the order of their ids. */
static size_t list_modules(const char *lines, const char **modules)
{
	size_t count = 0;

	for (const char *at = lines; (at = strstr(at, "pam_")) != NULL; at++) {
		assert_true(count < MODULES_MAX);
		modules[count++] = at;
	}
	return count;
}

static bool is_called(const char *module, const char *name)
{
	return strncmp(module, name, strlen(name)) == 0;
}

/* What libpam makes of the question, by all combinations of what is free. */
static bool may_really_succeed(const struct folder *folder, const char **modules, size_t count,
	const struct pam_question *question)
{
	for (unsigned int set = 0; set < 1U << count; set++) {
		int codes[MODULES_MAX];
		bool asked, is_new = true;

		for (size_t i = 0; i < count; i++) {
			bool fails = (set >> i & 1) != 0;
			bool is_free = false;

			if (is_called(modules[i], "pam_wechat"))
				codes[i] = question->code;
			else if (is_called(modules[i], "pam_permit"))
				codes[i] = PAM_SUCCESS;
			else if (is_called(modules[i], "pam_deny") || question->others_fail ||
				 (question->around_ours && is_called(modules[i], "pam_rootok")))
				codes[i] = PAM_AUTH_ERR;
			else
				is_free = true;
			if (is_free)
				codes[i] = fails ? PAM_AUTH_ERR : PAM_SUCCESS;
			is_new = is_new && (is_free || !fails);
		}
		if (is_new && authenticate(folder, codes, count, &asked) &&
			asked != question->around_ours)
			return true;
	}
	return false;
}

static void compare(const struct row *row, const struct folder *folder,
	const struct pam_stack *stack, const char **modules, size_t count)
{
	static const int codes[] = {PAM_AUTH_ERR, PAM_MAXTRIES, PAM_AUTHINFO_UNAVAIL, PAM_CONV_ERR,
		PAM_IGNORE, PAM_SUCCESS};

	for (size_t i = 0; i < 4 * COUNT(codes); i++) {
		const struct pam_question question = {.code = codes[i / 4],
			.others_fail = (i & 1) != 0,
			.around_ours = (i & 2) != 0};
		bool judged = pam_stack_may_succeed(stack, &question);

		if (judged != may_really_succeed(folder, modules, count, &question))
			fail_msg("%s: code %d%s%s: judged %s, and libpam does otherwise", row->name,
				question.code, question.others_fail ? ", others fail" : "",
				question.around_ours ? ", around ours" : "",
				judged ? "to pass" : "not to pass");
	}
}

static void test_stacks_are_judged_as_libpam_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct pam_question denial = {.code = PAM_AUTH_ERR};
		const char *inner = rows[i].inner == NULL ? "" : rows[i].inner;
		const char *modules[MODULES_MAX];
		struct pam_stack *stack = NULL;
		struct folder folder;
		size_t id = 0, count;

		folder_create(&folder);
		write_service(&folder, "stack", rows[i].stack, &id);
		write_service(&folder, "inner", inner, &id);
		count = list_modules(rows[i].stack, modules);
		count += list_modules(inner, modules + count);
		assert_int_equal(count, id);
		assert_int_equal(pam_stack_read(folder.path, "stack", "auth", &stack), 0);
		if (pam_stack_may_succeed(stack, &denial) != rows[i].denial_passes)
			fail_msg("%s: a denial %s", rows[i].name,
				rows[i].denial_passes ? "passes" : "does not pass");
		compare(&rows[i], &folder, stack, modules, count);
		pam_stack_free(&stack);
		folder_remove(&folder);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stacks_are_judged_as_libpam_does),
	};
	int failed;

	assert_true(argc == 2);
	/* Links to it lie elsewhere. */
	answering = realpath(argv[1], NULL);
	assert_non_null(answering);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(answering);
	return failed;
}
