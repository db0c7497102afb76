#include "settings.h"

#include <errno.h>
#include <stdio.h>

#include "folder.h"
#include "language.h"
#include "problem.h"
#include "secret.h"
#include "unit.h"

static int set_up(void **state)
{
	static struct folder folder;

	folder_create(&folder);
	*state = &folder;
	return 0;
}

static int tear_down(void **state)
{
	folder_remove(*state);
	return 0;
}

static int load(struct folder *folder, const char *text, struct settings **settings,
	struct problem *problem)
{
	const char *path = folder_write(folder, "helper.conf", 0644, text, strlen(text));

	return settings_load(path, settings, problem);
}

/* Every option, flipped from its default. */
static void test_every_key_changes_its_setting(void **state)
{
	struct settings *defaults = NULL, *changed = NULL;
	struct problem problem = {.text = ""};

	assert_int_equal(load(*state, "public_url = https://a.example\n", &defaults, &problem), 0);
	assert_string_equal(defaults->listen, "127.0.0.1:8080");
	assert_string_equal(defaults->socket, "/run/pam_wechat/helper.sock");
	assert_string_equal(defaults->user, "pam-wechat");
	assert_string_equal(defaults->peer_user, "pam-wechat-exchange");
	assert_int_equal(defaults->lang, LANGUAGE_EN);
	assert_null(defaults->brand);
	assert_null(defaults->pages_dir);
	assert_null(defaults->status_socket);
	assert_int_equal(defaults->trusted_proxy.count, 0);
	assert_int_equal(defaults->verify_file.count, 0);
	assert_int_equal(defaults->max_pending, 10000);
	assert_int_equal(defaults->origin_pending, 16);
	assert_int_equal(defaults->max_connections, 4000);
	assert_int_equal(defaults->request_seconds, 20);
	assert_true(defaults->https);
	assert_string_equal(defaults->base, "");

	assert_int_equal(load(*state,
				 "public_url = http://10.0.0.1/sso\nlisten = [::1]:1\nsocket = /a\n"
				 "pages_dir = /usr\nuser = u\npeer_user = p\nlang = zh\nbrand = B\n"
				 "status_socket = /s\ntrusted_proxy = 10.0.0.0/8\n"
				 "trusted_proxy = ::1\nmax_pending = 1\norigin_pending = 4\n"
				 "max_connections = 2\n"
				 "request_seconds = 3\n",
				 &changed, &problem),
		0);
	assert_string_equal(changed->listen, "[::1]:1");
	assert_string_equal(changed->socket, "/a");
	assert_string_equal(changed->user, "u");
	assert_string_equal(changed->peer_user, "p");
	assert_int_equal(changed->lang, LANGUAGE_ZH);
	assert_string_equal(changed->brand, "B");
	assert_string_equal(changed->pages_dir, "/usr");
	assert_string_equal(changed->status_socket, "/s");
	assert_int_equal(changed->trusted_proxy.count, 2);
	assert_int_equal(changed->proxies[0].bits, 104);
	assert_int_equal(changed->max_pending, 1);
	assert_int_equal(changed->origin_pending, 4);
	assert_int_equal(changed->max_connections, 2);
	assert_int_equal(changed->request_seconds, 3);
	assert_false(changed->https);
	assert_string_equal(changed->base, "/sso");
	settings_free(&defaults);
	settings_free(&changed);
	assert_null(changed);
}

static void test_a_fault_names_file_and_line(void **state)
{
	struct settings *settings = NULL;
	struct problem problem = {.text = ""};

	assert_int_equal(load(*state, "\nlisten = x\n", &settings, &problem), -EINVAL);
	assert_null(settings);
	assert_contains(problem.text, "/helper.conf:2: listen must look like");
	assert_int_equal(
		load(*state, "public_url = http://a.example\n", &settings, &problem), -EINVAL);
	assert_contains(problem.text, "/helper.conf:1: public_url must begin with https://");
	assert_int_equal(
		load(*state, "public_url = https://a.example/a;b\n", &settings, &problem), -EINVAL);
	assert_contains(problem.text, "/helper.conf:1: public_url must not hold ';'");
	assert_int_equal(load(*state, "", &settings, &problem), -EINVAL);
	assert_contains(problem.text, "/helper.conf: public_url is missing");
}

static void test_verification_files_are_read_at_once(void **state)
{
	const char *path = folder_write(*state, "MP_verify_aB3.txt", 0644, "aB3\n", 4);
	struct settings *settings = NULL;
	struct problem problem = {.text = ""};
	char text[256];

	snprintf(text, sizeof(text), "public_url = https://a.example\nverify_file = %s\n", path);
	assert_int_equal(load(*state, text, &settings, &problem), 0);
	assert_string_equal(settings_find_verify(settings, "MP_verify_aB3.txt")->bytes, "aB3\n");
	assert_int_equal(settings_find_verify(settings, "MP_verify_aB3.txt")->size, 5);
	assert_null(settings_find_verify(settings, "MP_verify_aB4.txt"));
	assert_null(settings_find_verify(settings, ""));
	settings_free(&settings);

	snprintf(text, sizeof(text), "public_url = https://a.example\nverify_file = %s\n",
		"/nowhere/MP_verify_a.txt");
	assert_int_equal(load(*state, text, &settings, &problem), -ENOENT);
	assert_contains(problem.text, "verify_file: /nowhere");
}

static void test_what_can_not_change_while_running(void **state)
{
	static const char *const fixed[] = {
		"listen", "socket", "user", "peer_user", "status_socket"};
	static const char *const lines[] = {"listen = 127.0.0.1:1\n", "socket = /a\n", "user = u\n",
		"peer_user = p\n", "status_socket = /s\n"};
	struct settings *old = NULL, *fresh = NULL;
	const char *changed[SETTINGS_FIXED_MAX];
	struct problem problem = {.text = ""};
	char text[256];

	assert_int_equal(load(*state, "public_url = https://a.example\n", &old, &problem), 0);
	for (size_t i = 0; i < COUNT(fixed); i++) {
		snprintf(text, sizeof(text), "public_url = https://b.example\n%s", lines[i]);
		/* As often as it is read: what is in force has not changed. */
		for (int again = 0; again < 2; again++) {
			assert_int_equal(load(*state, text, &fresh, &problem), 0);
			assert_int_equal(settings_keep_fixed(old, fresh, changed), 1);
			assert_string_equal(changed[0], fixed[i]);
			settings_free(&old);
			old = fresh;
			assert_string_equal(old->public_url, "https://b.example");
			assert_string_equal(old->listen, "127.0.0.1:8080");
			assert_string_equal(old->peer_user, "pam-wechat-exchange");
			assert_null(old->status_socket);
		}
		assert_int_equal(
			load(*state, "public_url = https://a.example\n", &fresh, &problem), 0);
		assert_int_equal(settings_keep_fixed(old, fresh, changed), 0);
		settings_free(&old);
		old = fresh;
	}
	snprintf(text, sizeof(text), "public_url = https://b.example\n%s%s%s%s%s", lines[0],
		lines[1], lines[2], lines[3], lines[4]);
	assert_int_equal(load(*state, text, &fresh, &problem), 0);
	assert_int_equal(settings_keep_fixed(old, fresh, changed), COUNT(fixed));
	for (size_t i = 0; i < COUNT(fixed); i++)
		assert_string_equal(changed[i], fixed[i]);
	settings_free(&fresh);
	settings_free(&old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_every_key_changes_its_setting, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_fault_names_file_and_line, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_verification_files_are_read_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_what_can_not_change_while_running, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
