#include "login.h"

#include <errno.h>

#include "details.h"
#include "random.h"
#include "unit.h"
#include "wire.h"

#define BASE "https://login.example.com/sso"

static struct wire_message registration(void)
{
	struct wire_message message = {.verb = WIRE_REGISTER};

	message.value[WIRE_STATE] = "0123456789abcdef0123456789abcdef";
	message.value[WIRE_LINK] = BASE "/l/Ab3dE9fgHIJ0";
	message.value[WIRE_AUTHORIZE_URL] = "https://wx.example:8443/a?b=c#d";
	message.value[WIRE_LEFT_MS] = "90000";
	message.value[WIRE_UNTIL] = "14:32:10";
	message.value[WIRE_USER] = "alice";
	message.value[WIRE_HOST] = "web1";
	message.value[WIRE_OCCASION] = "remote";
	message.value[WIRE_SERVICE] = "sshd";
	message.value[WIRE_FROM] = "203.0.113.7";
	message.value[WIRE_ORIGIN] = "203.0.113.7";
	message.value[WIRE_LANG] = "zh";
	return message;
}

static struct login *make_login(void)
{
	struct wire_message message = registration();
	struct login *login = NULL;
	const char *fault = NULL;

	assert_int_equal(login_create(&message, BASE, &login, &fault), 0);
	assert_null(fault);
	return login;
}

static struct browser *admit(struct login *login)
{
	struct browser *browser = NULL;

	assert_int_equal(login_admit(login, &browser), 0);
	return browser;
}

static void test_a_registration_becomes_a_login(void **state)
{
	struct login *login = make_login();

	(void)state;
	assert_string_equal(login->id, "Ab3dE9fgHIJ0");
	assert_string_equal(login->state, "0123456789abcdef0123456789abcdef");
	assert_string_equal(login->authorize_url, "https://wx.example:8443/a?b=c#d");
	assert_string_equal(login->authorize_origin, "https://wx.example:8443");
	assert_string_equal(login->details->user, "\xc2\xab"
						  "alice"
						  "\xc2\xbb");
	assert_string_equal(login->details->asker, "");
	assert_int_equal(login->language, LANGUAGE_ZH);
	assert_true(deadline_left(login->deadline) > 80000);
	login_free(&login);
	assert_null(login);
}

static void test_registrations_that_are_refused(void **state)
{
	static const struct {
		enum wire_key key;
		const char *value;
	} rows[] = {
		{WIRE_LINK, "https://login.example.com/l/Ab3dE9fgHIJ0"},
		{WIRE_LINK, "https://evil.example/sso/l/Ab3dE9fgHIJ0"},
		{WIRE_LINK, BASE "/l/Ab3dE9fgHIJ"},
		{WIRE_LINK, BASE "/l/Ab3dE9fgHIJ01"},
		{WIRE_LINK, BASE "/l/Ab3dE9fgHIJ/"},
		{WIRE_LINK, BASE "x/l/Ab3dE9fgHIJ0"},
		{WIRE_STATE, "0123456789abcdef0123456789abcde"},
		{WIRE_STATE, "0123456789abcdef0123456789abcdef0"},
		{WIRE_STATE, "0123456789ABCDEF0123456789abcdef"},
		{WIRE_LEFT_MS, ""},
		{WIRE_LEFT_MS, "0"},
		{WIRE_LEFT_MS, "+1"},
		{WIRE_LEFT_MS, "300001"},
		{WIRE_LEFT_MS, "1000000000000000000000"},
		{WIRE_AUTHORIZE_URL, "ftp://wx.example/"},
		{WIRE_AUTHORIZE_URL, "https://"},
		{WIRE_AUTHORIZE_URL, "//wx.example/"},
		{WIRE_AUTHORIZE_URL, "https://user@wx.example/"},
		{WIRE_AUTHORIZE_URL, "https://wx.example/\n"},
		{WIRE_AUTHORIZE_URL, "https://wx.example;script-src/"},
		{WIRE_LANG, "fr"},
		{WIRE_OCCASION, "sideways"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct wire_message message = registration();
		struct login *login = NULL;
		const char *fault = NULL;

		message.value[rows[i].key] = rows[i].value;
		assert_int_equal(login_create(&message, BASE, &login, &fault), -EINVAL);
		assert_non_null(fault);
		assert_null(login);
	}
}

static void test_what_is_shown_is_fit_to_be_shown(void **state)
{
	struct wire_message message = registration();
	struct login *login = NULL;
	const char *fault = NULL;
	char name[400];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	message.value[WIRE_USER] = name;
	message.value[WIRE_FROM] = "a\x1b[31m\xff\xe2\x80\xae z";
	assert_int_equal(login_create(&message, BASE, &login, &fault), 0);
	assert_int_equal(strlen(login->details->user), 384 + 4);
	assert_string_equal(login->details->from, "a[31m? z");
	login_free(&login);
}

static void test_a_browser_is_known_by_its_own_cookie_only(void **state)
{
	struct login *login = make_login();
	struct browser *one = admit(login);
	struct browser *two = admit(login);

	(void)state;
	assert_ptr_not_equal(one, two);
	assert_string_not_equal(one->cookie, two->cookie);
	assert_string_not_equal(one->cookie, one->token);
	assert_ptr_equal(login_find_browser(login, one->cookie), one);
	assert_ptr_equal(login_find_browser(login, two->cookie), two);
	assert_null(login_find_browser(login, one->token));
	assert_null(login_find_browser(login, NULL));
	assert_null(login_find_browser(login, ""));
	assert_null(login_find_browser(login, "00000000000000000000000000000000"));
	assert_true(login_is_token(one, one->token));
	assert_false(login_is_token(one, two->token));
	assert_false(login_is_token(one, one->cookie));
	assert_false(login_is_token(one, ""));
	login_free(&login);
}

static void test_the_oldest_that_approved_nothing_makes_room(void **state)
{
	struct login *login = make_login();
	struct browser *first = admit(login);
	char second[LOGIN_TOKEN_LENGTH + 1], third[LOGIN_TOKEN_LENGTH + 1];

	(void)state;
	first->approved = true;
	memcpy(second, admit(login)->cookie, sizeof(second));
	memcpy(third, admit(login)->cookie, sizeof(third));
	for (int i = 3; i < LOGIN_BROWSERS_MAX; i++)
		admit(login);
	assert_non_null(login_find_browser(login, second));
	admit(login);
	assert_null(login_find_browser(login, second));
	assert_non_null(login_find_browser(login, third));
	admit(login);
	assert_null(login_find_browser(login, third));
	assert_ptr_equal(login_find_browser(login, first->cookie), first);
	login_free(&login);
}

static void test_nobody_makes_room_once_all_have_approved(void **state)
{
	struct login *login = make_login();
	struct browser *ninth = NULL;

	(void)state;
	for (int i = 0; i < LOGIN_BROWSERS_MAX; i++)
		admit(login)->approved = true;
	assert_int_equal(login_admit(login, &ninth), -ENOSPC);
	login_free(&login);
}

static void test_the_stages(void **state)
{
	struct login *login = make_login();
	struct browser *one = admit(login);
	struct browser *two = admit(login);

	(void)state;
	assert_int_equal(login_stage(login, NULL), LOGIN_ASK);
	assert_int_equal(login_stage(login, one), LOGIN_ASK);
	login_win(login, one, "0042", NULL);
	assert_int_equal(login_stage(login, one), LOGIN_WON);
	assert_int_equal(login_stage(login, two), LOGIN_NEUTRAL);
	assert_int_equal(login_stage(login, NULL), LOGIN_NEUTRAL);
	assert_string_equal(login->pin, "0042");
	login_free(&login);
}

static void test_the_first_win_is_final(void **state)
{
	struct login *login = make_login();
	struct browser *one = admit(login);
	struct browser *two = admit(login);

	(void)state;
	login_win(login, one, "1111", NULL);
	login_win(login, two, "2222", NULL);
	login_win(login, one, "3333", NULL);
	assert_ptr_equal(login->winner, one);
	assert_string_equal(login->pin, "1111");
	login_free(&login);
}

static void test_a_report_ends_it_before_and_after_a_win(void **state)
{
	struct login *login = make_login();
	struct browser *one = admit(login);

	(void)state;
	login_win(login, one, "1111", NULL);
	login_report(login);
	assert_int_equal(login_stage(login, one), LOGIN_REPORTED);
	assert_string_equal(login->pin, "");
	login_free(&login);

	login = make_login();
	one = admit(login);
	login_report(login);
	login_win(login, one, "1111", NULL);
	assert_int_equal(login_stage(login, one), LOGIN_REPORTED);
	assert_string_equal(login->pin, "");
	login_free(&login);
}

static void test_tickets(void **state)
{
	struct login *login = make_login();
	struct browser *one = admit(login);
	struct ticket *ticket = NULL;

	(void)state;
	for (uint64_t i = 1; i <= LOGIN_TICKETS_MAX; i++) {
		assert_int_equal(login_issue_ticket(login, one, i, &ticket), 0);
		assert_ptr_equal(ticket->browser, one);
	}
	assert_int_equal(login_issue_ticket(login, one, 99, &ticket), -ENOSPC);
	assert_null(login_find_ticket(login, 99));
	assert_null(login_find_ticket(login, 0));
	login_drop_ticket(login, login_find_ticket(login, 3));
	assert_null(login_find_ticket(login, 3));
	assert_int_equal(login_issue_ticket(login, one, 99, &ticket), 0);
	assert_ptr_equal(login_find_ticket(login, 99), ticket);
	login_free(&login);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_registration_becomes_a_login),
		cmocka_unit_test(test_registrations_that_are_refused),
		cmocka_unit_test(test_what_is_shown_is_fit_to_be_shown),
		cmocka_unit_test(test_a_browser_is_known_by_its_own_cookie_only),
		cmocka_unit_test(test_the_oldest_that_approved_nothing_makes_room),
		cmocka_unit_test(test_nobody_makes_room_once_all_have_approved),
		cmocka_unit_test(test_the_stages),
		cmocka_unit_test(test_the_first_win_is_final),
		cmocka_unit_test(test_a_report_ends_it_before_and_after_a_win),
		cmocka_unit_test(test_tickets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
