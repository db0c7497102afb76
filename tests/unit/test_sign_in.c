#include "sign_in.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include <security/pam_appl.h>
#include <security/pam_ext.h>

#include "deadline.h"
#include "folder.h"
#include "unit.h"

#define ALICE "oAlice-0000000000000000000_A"
#define BOB "oBob---0000000000000000000_B"
#define TYPED_MAX 12

static const char *fake_exchange; /* the program's path */
static struct folder folder;
static const char *pin_link;
static pam_handle_t *pamh;
static const char *typed[TYPED_MAX]; /* what the person answers; PIN: the pin */
static size_t prompts;
static char log_text[8192];

static const char PIN[] = "the pin";

/* In place of libpam's: what the module logs. */
void pam_syslog(const pam_handle_t *handle, int priority, const char *format, ...)
{
	size_t length = strlen(log_text);
	va_list arguments;

	(void)handle;
	(void)priority;
	va_start(arguments, format);
	(void)vsnprintf(log_text + length, sizeof(log_text) - length, format, arguments);
	va_end(arguments);
	strncat(log_text, "\n", sizeof(log_text) - strlen(log_text) - 1);
}

static char *make_answer(const char *what)
{
	char pin[16] = "";

	if (what == NULL)
		return NULL;
	if (what != PIN)
		return strdup(what);
	assert_int_equal(readlink(pin_link, pin, sizeof(pin) - 1), 4);
	return strdup(pin);
}

static int converse(
	int count, const struct pam_message **messages, struct pam_response **responses, void *data)
{
	(void)data;
	assert_int_equal(count, 1);
	*responses = calloc(1, sizeof(**responses));
	assert_non_null(*responses);
	if (messages[0]->msg_style == PAM_PROMPT_ECHO_ON) {
		assert_true(prompts < TYPED_MAX);
		(*responses)->resp = make_answer(typed[prompts++]);
	}
	return PAM_SUCCESS;
}

static void copy_program(const char *from, const char *name)
{
	FILE *file = fopen(from, "re");
	char *bytes = malloc(64 << 20);
	size_t length;

	assert_non_null(file);
	assert_non_null(bytes);
	length = fread(bytes, 1, 64 << 20, file);
	assert_in_range(length, 1, (64 << 20) - 1);
	(void)folder_write(&folder, name, 0755, bytes, length);
	(void)fclose(file);
	free(bytes);
}

static int set_up(void **state)
{
	static const struct pam_conv conversation = {converse, NULL};
	static const char stack[] = "auth required pam_deny.so\n";
	static const char secret[] = "0123456789abcdef0123456789abcdef\n";
	static const char table[] = ALICE " alice\n" BOB " bob\n";

	(void)state;
	folder_create(&folder);
	copy_program(fake_exchange, "exchange");
	(void)folder_write(&folder, "test", 0644, stack, strlen(stack));
	(void)folder_write(&folder, "secret", 0600, secret, strlen(secret));
	(void)folder_write(&folder, "users", 0600, table, strlen(table));
	pin_link = folder_path(&folder, "pin");
	assert_int_equal(
		pam_start_confdir("test", "alice", &conversation, folder.path, &pamh), PAM_SUCCESS);
	memset(typed, 0, sizeof(typed));
	prompts = 0;
	log_text[0] = '\0';
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	assert_int_equal(pam_end(pamh, PAM_SUCCESS), PAM_SUCCESS);
	folder_remove(&folder);
	return 0;
}

/* Runs one login with an exchange that behaves as `host` says. */
static int run(const char *host)
{
	char conf[2048], word[128];
	const char *words[] = {word};
	const char *path;

	assert_true(
		snprintf(conf, sizeof(conf),
			"appid = wx0123456789abcdef\n"
			"public_url = https://login.example\n"
			"secret_file = %s/secret\n"
			"users_file = %s/users\n"
			"socket = %s\n"
			"exchange = %s/exchange\n"
			"exchange_user = daemon\n"
			"host_name = %s\n",
			folder.path, folder.path, pin_link, folder.path, host) < (int)sizeof(conf));
	path = folder_write(&folder, "conf", 0600, conf, strlen(conf));
	assert_true(snprintf(word, sizeof(word), "conf=%s", path) < (int)sizeof(word));
	return sign_in_run(pamh, 0, 1, words);
}

static void test_the_right_account_and_code_sign_in(void **state)
{
	(void)state;
	typed[0] = PIN;
	assert_int_equal(run("openid " ALICE), PAM_SUCCESS);
	assert_int_equal(prompts, 1);
	assert_contains(log_text, " service=test user=alice rhost= result=ok openid=" ALICE "\n");
}

static void test_another_users_account_does_not_sign_in(void **state)
{
	(void)state;
	typed[0] = PIN;
	assert_int_equal(run("openid " BOB), PAM_MAXTRIES);
	assert_contains(
		log_text, " result=refused reason=not-linked phone=opened openid=" BOB "\n");
}

static void test_three_wrong_codes_end_the_login(void **state)
{
	(void)state;
	typed[0] = "12345";
	typed[1] = "x";
	typed[2] = " ";
	typed[3] = PIN;
	assert_int_equal(run("openid " ALICE), PAM_MAXTRIES);
	assert_int_equal(prompts, 3);
	assert_contains(log_text, " result=refused reason=wrong-digits phone=opened\n");
}

static void test_eight_empty_answers_end_the_login(void **state)
{
	(void)state;
	for (size_t i = 0; i < 8; i++)
		typed[i] = "";
	typed[8] = PIN;
	assert_int_equal(run("openid " ALICE), PAM_MAXTRIES);
	assert_int_equal(prompts, 8);
}

static void test_no_answer_ends_the_login(void **state)
{
	(void)state;
	typed[0] = NULL;
	assert_int_equal(run("openid " ALICE), PAM_AUTH_ERR);
	assert_int_equal(prompts, 1);
}

/* "none" is the word for "nothing is wrong" elsewhere; a refusal is a refusal. */
static void test_a_refusal_for_no_reason_is_no_success(void **state)
{
	(void)state;
	typed[0] = PIN;
	assert_int_equal(run("verdict none"), PAM_AUTH_ERR);
	assert_contains(log_text, " result=refused reason=internal");
	assert_null(strstr(log_text, " result=ok "));
	assert_null(strstr(log_text, " result=ok\n"));
}

static void test_a_refusal_for_no_reason_instead_of_ready_is_no_success(void **state)
{
	(void)state;
	assert_int_equal(run("ready none"), PAM_SYSTEM_ERR);
	assert_int_equal(prompts, 0);
	assert_contains(log_text, " result=refused reason=internal");
}

static void test_an_unknown_reason_is_no_success(void **state)
{
	(void)state;
	typed[0] = PIN;
	assert_int_equal(run("verdict ok"), PAM_AUTH_ERR);
}

/* A helper that was broken into chooses these words. */
static void test_words_of_the_exchange_cannot_forge_a_line_of_the_log(void **state)
{
	(void)state;
	assert_int_equal(run("ready full"), PAM_MAXTRIES);
	assert_contains(log_text, " result=refused reason=full");
	assert_ptr_equal(strchr(log_text, '\n'), log_text + strlen(log_text) - 1);
	assert_null(strchr(log_text, '\x1b'));
	assert_contains(log_text, "errcode=1?x?y");
}

static void test_a_silent_exchange_is_not_waited_for(void **state)
{
	int64_t before = deadline_now();

	(void)state;
	typed[0] = PIN;
	assert_int_equal(run("silent"), PAM_AUTH_ERR);
	assert_in_range(deadline_now() - before, 1900, 4000);
}

#define ANEW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		ANEW(test_the_right_account_and_code_sign_in),
		ANEW(test_another_users_account_does_not_sign_in),
		ANEW(test_three_wrong_codes_end_the_login),
		ANEW(test_eight_empty_answers_end_the_login),
		ANEW(test_no_answer_ends_the_login),
		ANEW(test_a_refusal_for_no_reason_is_no_success),
		ANEW(test_a_refusal_for_no_reason_instead_of_ready_is_no_success),
		ANEW(test_an_unknown_reason_is_no_success),
		ANEW(test_words_of_the_exchange_cannot_forge_a_line_of_the_log),
		ANEW(test_a_silent_exchange_is_not_waited_for),
	};

	if (argc != 2 || access(argv[1], R_OK) < 0)
		return EXIT_FAILURE;
	fake_exchange = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
