/*
 * Stacks, made by hand and at random, are run by pam_run and by libpam itself with the same
 * answers: both have to agree whether they end in PAM_SUCCESS, and whether ours was asked.
 */
#include "pam_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <security/pam_appl.h>

#include "folder.h"
#include "pam_stack.h"
#include "text.h"
#include "unit.h"

#define MODULES_MAX 64
#define WECHAT " pam_wechat.so\n"

static char *answering; /* the module that plays all others */

/* For LeakSanitizer: libpam forgets what it has read of a service that it gives up. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
	return "print_suppressions=0";
}

const char *__lsan_default_suppressions(void)
{
	return "leak:libpam.so\n";
}

struct row {
	const char *name, *stack, *inner; /* what "inner" holds, for stacks that include it */
};

#define COMMON_AUTH                                                                 \
	"auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\n" \
	"auth required pam_permit.so\n"

static const struct row rows[] = {
	{"required", "auth required" WECHAT, NULL},
	{"requisite", "auth requisite" WECHAT "auth required pam_unix.so\n", NULL},
	{"sufficient_and_a_password", "auth sufficient" WECHAT "auth required pam_unix.so\n", NULL},
	{"sufficient_and_deny", "auth sufficient" WECHAT "auth required pam_deny.so\n", NULL},
	{"sufficient_alone", "auth sufficient" WECHAT, NULL},
	{"sufficient_and_permit", "auth sufficient" WECHAT "auth required pam_permit.so\n", NULL},
	{"optional", "auth required pam_unix.so\nauth optional" WECHAT, NULL},
	{"optional_alone", "auth optional" WECHAT, NULL},
	{"password_then_required", "auth required pam_unix.so\nauth required" WECHAT, NULL},
	{"password_sufficient_above", "auth sufficient pam_unix.so\nauth required" WECHAT, NULL},
	{"password_sufficient_below", "auth required" WECHAT "auth sufficient pam_unix.so\n", NULL},
	{"second_factor",
		"auth required pam_unix.so\nauth [success=ok ignore=ignore default=die]" WECHAT,
		NULL},
	{"second_factor_default_ignore",
		"auth required pam_unix.so\nauth [success=ok default=ignore]" WECHAT, NULL},
	{"second_factor_after_common_auth", "@include inner\nauth required" WECHAT, COMMON_AUTH},
	{"common_auth_after", "auth sufficient" WECHAT "@include inner\n", COMMON_AUTH},
	{"common_auth_after_required", "auth required" WECHAT "@include inner\n", COMMON_AUTH},
	{"the_sample_for_login",
		"auth [success=done authinfo_unavail=ignore default=die]" WECHAT "@include inner\n",
		COMMON_AUTH},
	{"default_ignore", "auth [default=ignore]" WECHAT "auth required pam_unix.so\n", NULL},
	{"ignore_maxtries_only",
		"auth [success=done maxtries=ignore default=die]" WECHAT
		"auth required pam_unix.so\n",
		NULL},
	{"jump_over_deny",
		"auth [success=1 default=ignore]" WECHAT
		"auth requisite pam_deny.so\nauth required pam_permit.so\n",
		NULL},
	{"jump_on_denial",
		"auth [success=ok default=1]" WECHAT
		"auth requisite pam_deny.so\nauth required pam_permit.so\n",
		NULL},
	{"jump_too_far", "auth [default=9]" WECHAT "auth required pam_permit.so\n", NULL},
	{"jump_too_far_after_a_password", "auth required pam_unix.so\nauth [default=9]" WECHAT,
		NULL},
	{"a_line_without_a_module", "auth sufficient\nauth required" WECHAT, NULL},
	{"jump_to_the_end",
		"auth required pam_permit.so\nauth [default=1]" WECHAT
		"auth required pam_unix.so\n",
		NULL},
	{"jump_over_a_substack",
		"auth [default=1]" WECHAT "auth substack inner\nauth required pam_permit.so\n",
		"auth requisite pam_deny.so\nauth required pam_deny.so\n"},
	{"jump_of_zero", "auth [default=0]" WECHAT "auth required pam_permit.so\n", NULL},
	{"done_in_a_substack", "auth substack inner\nauth required pam_unix.so\n",
		"auth sufficient" WECHAT},
	{"die_in_a_substack", "auth substack inner\nauth sufficient pam_unix.so\n",
		"auth [success=done default=die]" WECHAT},
	{"sufficient_in_an_include", "auth include inner\nauth required pam_unix.so\n",
		"auth sufficient" WECHAT},
	{"reset_forgets_a_denial",
		"auth required" WECHAT
		"auth [default=reset] pam_sss.so\nauth required pam_unix.so\n",
		NULL},
	{"reset_in_a_substack_forgets_its_own_alone",
		"auth required" WECHAT "auth substack inner\n",
		"auth required pam_unix.so\nauth [default=reset] pam_sss.so\n"
		"auth required pam_permit.so\n"},
	{"reset_in_a_substack_forgets_ours_there",
		"auth required pam_unix.so\nauth substack inner\n",
		"auth required" WECHAT "auth [default=reset] pam_permit.so\n"},
	{"ok_on_denial",
		"auth [success=ok auth_err=ok default=die]" WECHAT "auth required pam_unix.so\n",
		NULL},
	{"ok_on_denial_behind", "auth required pam_unix.so\nauth [default=ok]" WECHAT, NULL},
	{"done_on_denial", "auth [default=done]" WECHAT "auth required pam_unix.so\n", NULL},
	{"bad_on_success", "auth [success=bad default=ignore]" WECHAT "auth required pam_unix.so\n",
		NULL},
	{"rootok_above", "auth sufficient pam_rootok.so\nauth required" WECHAT, NULL},
	{"rootok_skips",
		"auth [success=1 default=ignore] pam_rootok.so\nauth required" WECHAT
		"auth required pam_unix.so\n",
		NULL},
	{"an_unknown_control", "auth perhaps" WECHAT "auth required pam_permit.so\n", NULL},
	{"an_unknown_action",
		"auth [success=ok default=perhaps]" WECHAT "auth required pam_permit.so\n", NULL},
	{"an_unnamed_code_is_bad", "auth [success=ok]" WECHAT "auth required pam_permit.so\n",
		NULL},
	{"default_first",
		"auth [default=ignore auth_err=die success=ok]" WECHAT
		"auth required pam_permit.so\n",
		NULL},
	{"a_file_that_is_not_there",
		"auth include nowhere\nauth sufficient" WECHAT "auth required pam_permit.so\n",
		NULL},
	{"a_comment_behind",
		"auth required"
		" pam_wechat.so # sufficient\n",
		NULL},
	{"a_continued_line", "auth sufficient \\\n" WECHAT "auth required pam_unix.so\n", NULL},
	{"upper_case", "AUTH Sufficient" WECHAT "auth required pam_unix.so\n", NULL},
	{"a_silent_line", "-auth sufficient" WECHAT "auth required pam_unix.so\n", NULL},
	{"a_comment_does_not_go_on", "auth required pam_unix.so # so \\\nauth required" WECHAT,
		NULL},
	{"blanks_behind_a_backslash", "auth required \\ \t\n" WECHAT "auth required pam_unix.so\n",
		NULL},
	{"blanks_around_signs",
		"auth [success = done default= ignore]" WECHAT "auth required pam_unix.so\n", NULL},
	{"sufficient_in_an_include_above", "@include inner\nauth required" WECHAT,
		"auth sufficient pam_unix.so\n"},
	{"sufficient_in_a_substack_above", "auth substack inner\nauth required" WECHAT,
		"auth sufficient pam_unix.so\n"},
	{"jump_over_a_substack_above",
		"auth [success=1] pam_sss.so\nauth substack inner\nauth required" WECHAT,
		COMMON_AUTH},
	{"jump_out_of_an_include_above",
		"auth [success=4] pam_sss.so\n@include inner\nauth required" WECHAT
		"auth required pam_permit.so\n",
		COMMON_AUTH},
	{"jump_out_of_a_substack_above",
		"auth substack inner\nauth required" WECHAT "auth required pam_permit.so\n",
		"auth [success=9] pam_unix.so\n"},
	{"reset_alone_forgets_in_vain", "auth required" WECHAT "auth [default=reset] pam_sss.so\n",
		NULL},
	{"twice", "auth sufficient" WECHAT "auth required" WECHAT, NULL},
	{"two_passwords",
		"auth [success=2 default=ignore] pam_unix.so\n"
		"auth [success=1 default=ignore] pam_sss.so\nauth requisite pam_deny.so\n"
		"auth required" WECHAT,
		NULL},
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

static struct pam_run authenticate(const struct folder *folder, const int *codes, size_t count)
{
	const struct pam_conv conversation = {.conv = converse};
	pam_handle_t *pamh = NULL;
	char answers[512];
	bool asked;
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
	asked = getenv("ASKED") != NULL;
	return (struct pam_run){
		.asking_ours = rv == PAM_SUCCESS && asked,
		.around_ours = rv == PAM_SUCCESS && !asked,
	};
}

/* Answers as the module does whose line has the same "id=". */
static size_t answer(
	const struct pam_entry *entry, const void *context, int codes[PAM_RUN_ANSWERS_MAX])
{
	const int *all = context;

	codes[0] = PAM_MODULE_UNKNOWN; /* of one that is not there */
	if (strstr(entry->module, "gone") != NULL)
		return 1;
	for (int i = 0; i < entry->word_count; i++) {
		if (strncmp(entry->words[i], "id=", 3) == 0)
			codes[0] = all[atoi(entry->words[i] + 3)];
	}
	return 1;
}

static bool is_same(const struct pam_run *one, const struct pam_run *other)
{
	return one->asking_ours == other->asking_ours && one->around_ours == other->around_ours;
}

static void complain(const char *name, const int *codes, size_t count, const struct pam_run *ours,
	const struct pam_run *theirs)
{
	print_message("answers:");
	for (size_t i = 0; i < count; i++)
		print_message(" %d", codes[i]);
	fail_msg("\n%s: asking ours %d, by libpam %d; around ours %d, by libpam %d", name,
		ours->asking_ours, theirs->asking_ours, ours->around_ours, theirs->around_ours);
}

static void compare(const struct folder *folder, const struct pam_stack *stack, const char *name,
	const int *codes, size_t count)
{
	struct pam_run ours = pam_run_all(stack, answer, codes);
	struct pam_run theirs = authenticate(folder, codes, count);

	if (!is_same(&ours, &theirs))
		complain(name, codes, count, &ours, &theirs);
}

static void test_stacks_made_by_hand(void **state)
{
	static const int codes[] = {PAM_AUTH_ERR, PAM_MAXTRIES, PAM_AUTHINFO_UNAVAIL, PAM_CONV_ERR,
		PAM_IGNORE, PAM_SUCCESS};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pam_stack *stack = NULL;
		int answers[MODULES_MAX];
		struct folder folder;
		size_t count = 0;

		folder_create(&folder);
		write_service(&folder, "stack", rows[i].stack, &count);
		write_service(&folder, "inner", rows[i].inner == NULL ? "" : rows[i].inner, &count);
		assert_int_equal(pam_stack_read(folder.path, "stack", "auth", &stack), 0);
		assert_int_not_equal(stack->reading, PAM_READING_UNCLEAR);
		/* Two answers of each: of ours, too, by turns. */
		for (unsigned int set = 0; set < 1U << count; set++) {
			for (size_t code = 0; code < COUNT(codes); code++) {
				for (size_t id = 0; id < count; id++)
					answers[id] =
						(set >> id & 1) != 0 ? codes[code] : PAM_SUCCESS;
				compare(&folder, stack, rows[i].name, answers, count);
			}
		}
		pam_stack_free(&stack);
		folder_remove(&folder);
	}
}

/* One of them, at random. */
#define ONE_OF(list) (list)[(size_t)random() % COUNT(list)]

static bool one_in(int times)
{
	return random() % times == 0;
}

static void add_control(struct text *text)
{
	static const char *const keywords[] = {"required", "requisite", "sufficient", "optional",
		"Required", "SUFFICIENT", "perhaps"};
	static const char *const codes[] = {"success", "auth_err", "ignore", "default",
		"user_unknown", "new_authtok_reqd", "perm_denied", "abort", "module_unknown",
		"maxtries", "sucess"};
	static const char *const actions[] = {"ok", "done", "bad", "die", "ignore", "reset", "1",
		"2", "3", "01", "0", "40", "123456789", "okay", "-1", ""};
	static const char *const signs[] = {"=", "=", "=", " = ", "= ", "", "=="};
	long pairs = random() % 5;

	if (!one_in(2)) {
		text_add(text, ONE_OF(keywords));
		return;
	}
	text_add(text, "[");
	for (long i = 0; i < pairs; i++) {
		text_addf(text, "%s%s%s%s", i == 0 ? "" : " ",
			codes[random() % (one_in(30) ? 11 : 5)],
			signs[random() % (one_in(30) ? 7 : 5)],
			actions[random() % (one_in(30) ? 16 : 8)]);
	}
	text_add(text, one_in(40) ? "" : "]");
}

/* A line for one of the files in the folder; of deeper ones there are fewer. */
static void add_line(struct text *text, const struct folder *folder, int depth, size_t *count)
{
	static const char *const types[] = {"auth", "auth", "auth", "auth", "auth", "-auth", "AUTH",
		"account", "session", "password", "[auth]", "atuh", "--auth", ""};
	static const char *const modules[] = {
		"pam_other.so", "pam_wechat.so", "pam_other.so", "pam_gone.so", ""};
	static const char *const blanks[] = {" ", "\t", "   ", " \\\n ", " \\ \n"};
	static const char *const ends[] = {
		"\n", "\n", " # auth sufficient pam_permit.so\n", "#\n", " \t\n", " # \\\n"};
	static const char *const nothing[] = {
		"\n", "# auth sufficient pam_permit.so\n", " \t\n", "#\\\n"};
	const char *blank = blanks[random() % (one_in(6) ? 5 : 3)];
	const char *module = modules[random() % (one_in(20) ? 5 : 3)];

	if (one_in(8))
		text_add(text, ONE_OF(nothing));
	if (depth < 3 && one_in(12)) {
		text_addf(text, "@include%s%s/%s%d%s", blank, folder->path,
			one_in(90) ? "gone" : "inner", depth + 1, ONE_OF(ends));
		return;
	}
	text_addf(text, "%s%s", types[random() % (one_in(20) ? 14 : 9)], blank);
	if (depth < 3 && one_in(5)) {
		text_addf(text, "%s%s%s/%s%d%s", one_in(2) ? "include" : "substack", blank,
			folder->path, one_in(90) ? "gone" : "inner", depth + 1, ONE_OF(ends));
		return;
	}
	if (one_in(60)) {
		text_add(text, ONE_OF(ends));
		return;
	}
	add_control(text);
	text_add(text, blank);
	if (module[0] != '\0')
		text_addf(text, "%s/%s%sid=%zu%s", folder->path, module, blank, (*count)++,
			strcmp(module, "pam_wechat.so") == 0 ? " ours" : "");
	text_add(text, ONE_OF(ends));
}

#define FILES 4

struct files {
	struct folder folder;
	const char *paths[FILES]; /* of the stack, and of what it may include */
};

static void create(struct files *files)
{
	static const char *const names[FILES] = {"stack", "inner1", "inner2", "inner3"};

	folder_create(&files->folder);
	for (size_t i = 0; i < FILES; i++)
		files->paths[i] = folder_path(&files->folder, names[i]);
	assert_int_equal(symlink(answering, folder_path(&files->folder, "pam_wechat.so")), 0);
	assert_int_equal(symlink(answering, folder_path(&files->folder, "pam_other.so")), 0);
}

/* Writes all of them anew. Returns how many modules they name. */
static size_t generate(const struct files *files)
{
	size_t count = 0;

	for (int depth = 0; depth < FILES; depth++) {
		FILE *file = fopen(files->paths[depth], "we");
		char bytes[8192];
		struct text text;
		long lines = random() % (depth == 0 ? 7 : 4) + 1;

		text_init(&text, bytes, sizeof(bytes));
		for (long i = 0; i < lines; i++)
			add_line(&text, &files->folder, depth, &count);
		/* What goes on behind the end of the file makes libpam read nothing. */
		if (one_in(60))
			text_add(&text, "auth required \\");
		assert_int_equal(text_finish(&text), 0);
		assert_non_null(file);
		assert_int_equal(fputs(bytes, file) >= 0, true);
		assert_int_equal(fclose(file), 0);
	}
	assert_true(count <= MODULES_MAX);
	return count;
}

static void show(const struct files *files)
{
	for (size_t i = 0; i < FILES; i++) {
		char line[1024];
		FILE *file = fopen(files->paths[i], "re");

		assert_non_null(file);
		print_message("--- %s\n", files->paths[i]);
		while (fgets(line, sizeof(line), file) != NULL)
			print_message("%s", line);
		(void)fclose(file);
	}
}

#define STACKS 600
#define RUNS 12 /* of each */
#define UNCLEAR_MAX 20

static void test_stacks_made_at_random(void **state)
{
	static const int codes[] = {PAM_SUCCESS, PAM_SUCCESS, PAM_SUCCESS, PAM_AUTH_ERR,
		PAM_AUTH_ERR, PAM_IGNORE, PAM_USER_UNKNOWN, PAM_NEW_AUTHTOK_REQD, PAM_PERM_DENIED,
		PAM_ABORT, PAM_MAXTRIES, 32, -1};
	const char *given = getenv("SEED");
	unsigned int seed = given == NULL ? (unsigned int)time(NULL) : (unsigned int)atoi(given);
	size_t unclear = 0, succeeded = 0;
	struct files files;

	(void)state;
	print_message("# SEED=%u\n", seed);
	srandom(seed);
	create(&files);
	for (int i = 0; i < STACKS; i++) {
		struct pam_stack *stack = NULL;
		size_t count = generate(&files);

		assert_int_equal(pam_stack_read(files.folder.path, "stack", "auth", &stack), 0);
		unclear += stack->reading == PAM_READING_UNCLEAR;
		for (int run = 0; run < RUNS && stack->reading != PAM_READING_UNCLEAR; run++) {
			int answers[MODULES_MAX];
			struct pam_run ours, theirs;

			for (size_t id = 0; id < count; id++)
				answers[id] = ONE_OF(codes);
			ours = pam_run_all(stack, answer, answers);
			theirs = authenticate(&files.folder, answers, count);
			succeeded += theirs.asking_ours || theirs.around_ours;
			if (is_same(&ours, &theirs))
				continue;
			show(&files);
			complain("at random", answers, count, &ours, &theirs);
		}
		pam_stack_free(&stack);
	}
	print_message("# %zu of %d runs succeeded, %zu stacks were not judged\n", succeeded,
		STACKS * RUNS, unclear);
	assert_in_range(unclear, 0, UNCLEAR_MAX);
	assert_in_range(succeeded, STACKS * RUNS / 50, STACKS * RUNS / 2);
	folder_remove(&files.folder);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stacks_made_by_hand),
		cmocka_unit_test(test_stacks_made_at_random),
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
