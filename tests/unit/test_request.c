#include "request.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "deadline.h"
#include "folder.h"
#include "problem.h"
#include "random.h"
#include "requester.h"
#include "settings.h"
#include "unit.h"
#include "users.h"

#define APPID "wx0123456789abcdef"
#define SECRET "0123456789abcdef0123456789abcdef"
#define ALICE "oAlice-0000000000000000000_A"
#define ALSO_ALICE "oAlso--0000000000000000000_B"
#define BOB "oBob---0000000000000000000_C"

static struct folder folder;
static struct settings settings;
static struct requester requester;
static struct users *users;
static struct problem problem;

static void write_secret(const char *bytes, size_t length)
{
	settings.secret_file = (char *)folder_write(&folder, "secret", 0600, bytes, length);
}

static void read_table(const char *bytes)
{
	users_free(&users);
	assert_int_equal(users_parse("users", bytes, strlen(bytes), &users, &problem), 0);
}

static int set_up(void **state)
{
	(void)state;
	folder_create(&folder);
	problem.text[0] = '\0';
	settings = (struct settings){
		.appid = APPID,
		.public_url = "https://login.example/wechat",
		.users_file = "/etc/pam_wechat/users",
		.socket = "/run/pam_wechat/helper.sock",
		.host_name = "web1",
		.authorize_url = "https://open.weixin.qq.com/connect/oauth2/authorize",
		.api_url = {1, {"https://api.weixin.qq.com"}},
	};
	write_secret(SECRET "\n", 33);
	requester = (struct requester){.user = "alice",
		.service = "sshd",
		.rhost = "203.0.113.7",
		.tty = "ssh",
		.shown_user = "alice",
		.shown_service = "sshd",
		.from = "203.0.113.7",
		.origin = "203.0.113.7"};
	read_table(BOB " bob\n" ALICE " alice\n" ALSO_ALICE " alice,bob\n");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	users_free(&users);
	folder_remove(&folder);
	return 0;
}

static int create(struct request **request)
{
	return request_create(
		request, &settings, &requester, users, false, deadline_in(90000), &problem);
}

static struct request *make(void)
{
	struct request *request = NULL;

	if (create(&request) != 0)
		fail_msg("%s", problem.text);
	assert_non_null(request);
	return request;
}

static void expect_fault(int error, const char *why)
{
	struct request *request = (struct request *)(void *)&settings;

	assert_int_equal(create(&request), error);
	assert_null(request);
	assert_contains(problem.text, why);
}

static void test_the_tokens_have_their_lengths_and_alphabets(void **state)
{
	struct request *request = make();

	(void)state;
	assert_int_equal(strlen(request->id), 12);
	assert_int_equal(strspn(request->id, RANDOM_BASE62), 12);
	assert_int_equal(strlen(request->state), 32);
	assert_int_equal(strspn(request->state, RANDOM_HEX), 32);
	assert_int_equal(strlen(request->pin), 4);
	assert_int_equal(strspn(request->pin, RANDOM_DIGITS), 4);
	request_free(&request);
	assert_null(request);
	request_free(&request);
}

static void test_every_request_has_tokens_of_its_own(void **state)
{
	struct request *a = make(), *b = make();

	(void)state;
	assert_string_not_equal(a->id, b->id);
	assert_string_not_equal(a->state, b->state);
	request_free(&a);
	request_free(&b);
}

static void test_the_link_is_public_url_and_id(void **state)
{
	struct request *request = make();
	char link[256];

	(void)state;
	snprintf(link, sizeof(link), "https://login.example/wechat/l/%s", request->id);
	assert_string_equal(request->link, link);
	request_free(&request);
}

static void test_the_authorize_url_has_wechats_order_and_fragment(void **state)
{
	struct request *request = make();
	char url[1024];

	(void)state;
	snprintf(url, sizeof(url),
		"https://open.weixin.qq.com/connect/oauth2/authorize?appid=" APPID
		"&redirect_uri=https%%3A%%2F%%2Flogin.example%%2Fwechat%%2Fcallback"
		"&response_type=code&scope=snsapi_base&state=%s#wechat_redirect",
		request->state);
	assert_string_equal(request->authorize_url, url);
	request_free(&request);
}

static void test_options_stand_at_the_end_of_the_authorize_url(void **state)
{
	struct request *request;
	char url[1024];

	(void)state;
	settings.connect_redirect = true;
	settings.scope = SCOPE_USERINFO;
	settings.public_url = "http://192.168.1.2:8080";
	request = make();
	snprintf(url, sizeof(url),
		"https://open.weixin.qq.com/connect/oauth2/authorize?appid=" APPID
		"&redirect_uri=http%%3A%%2F%%2F192.168.1.2%%3A8080%%2Fcallback"
		"&response_type=code&scope=snsapi_userinfo&state=%s&connect_redirect=1"
		"#wechat_redirect",
		request->state);
	assert_string_equal(request->authorize_url, url);
	request_free(&request);
}

static void test_redirect_uri_is_encoded_once(void **state)
{
	struct request *request;

	(void)state;
	settings.public_url = "https://login.example/a%20b&c";
	request = make();
	assert_contains(request->authorize_url,
		"&redirect_uri=https%3A%2F%2Flogin.example%2Fa%2520b%26c%2Fcallback&");
	request_free(&request);
}

static void test_the_message_says_all_that_was_given(void **state)
{
	struct request *request = make();
	const char *const *value = request->message.value;
	char datagram[WIRE_MESSAGE_MAX + 1];

	(void)state;
	assert_int_equal(request->message.verb, WIRE_LOGIN);
	assert_string_equal(value[WIRE_APPID], APPID);
	assert_string_equal(value[WIRE_SECRET], SECRET);
	assert_string_equal(value[WIRE_API_URL], settings.api_url.items[0]);
	assert_null(value[WIRE_OTHER_API_URL]);
	assert_string_equal(value[WIRE_SOCKET], settings.socket);
	assert_string_equal(value[WIRE_SCOPE], "snsapi_base");
	assert_string_equal(value[WIRE_STATE], request->state);
	assert_string_equal(value[WIRE_LINK], request->link);
	assert_string_equal(value[WIRE_AUTHORIZE_URL], request->authorize_url);
	assert_string_equal(value[WIRE_OPENIDS], ALICE "." ALSO_ALICE);
	assert_string_equal(value[WIRE_PIN], request->pin);
	assert_string_equal(value[WIRE_USER], "alice");
	assert_string_equal(value[WIRE_HOST], "web1");
	assert_string_equal(value[WIRE_OCCASION], "remote");
	assert_string_equal(value[WIRE_SERVICE], "sshd");
	assert_string_equal(value[WIRE_FROM], "203.0.113.7");
	assert_string_equal(value[WIRE_ORIGIN], "203.0.113.7");
	assert_string_equal(value[WIRE_LANG], "en");
	assert_null(value[WIRE_CA_FILE]);
	assert_null(value[WIRE_PROXY]);
	assert_null(value[WIRE_ASKER]);
	assert_null(value[WIRE_BRAND]);
	assert_true(wire_format(&request->message, datagram) > 0);
	request_free(&request);
}

static void test_what_may_be_absent_is_said_when_it_is_there(void **state)
{
	struct request *request;

	(void)state;
	settings.ca_file = "/ca.pem";
	settings.proxy = "http://proxy.example:3128";
	settings.brand = "Example\x1b[2J";
	settings.host_name = "web\xe2\x80\xae"
			     "1\n";
	settings.lang = LANG_ZH;
	strcpy(requester.asker, "mallory (uid 1003, pts/3)");
	requester.occasion = OCCASION_BECOME;
	request = make();
	assert_string_equal(request->message.value[WIRE_CA_FILE], "/ca.pem");
	assert_string_equal(request->message.value[WIRE_PROXY], "http://proxy.example:3128");
	assert_string_equal(request->message.value[WIRE_BRAND], "Example[2J");
	assert_string_equal(request->message.value[WIRE_HOST], "web1");
	assert_string_equal(request->message.value[WIRE_LANG], "zh");
	assert_string_equal(request->message.value[WIRE_ASKER], "mallory (uid 1003, pts/3)");
	assert_string_equal(request->message.value[WIRE_OCCASION], "become");
	request_free(&request);
}

static void test_an_enrolment_lists_nobody_and_has_digits(void **state)
{
	struct request *request = NULL;

	(void)state;
	requester.occasion = OCCASION_ENROLL;
	assert_int_equal(request_create(&request, &settings, &requester, NULL, false,
				 deadline_in(90000), &problem),
		0);
	assert_string_equal(request->message.value[WIRE_OCCASION], "enroll");
	assert_string_equal(request->message.value[WIRE_OPENIDS], "");
	assert_string_equal(request->message.value[WIRE_PIN], request->pin);
	request_free(&request);
}

static void test_the_time_left_is_that_of_the_deadline(void **state)
{
	struct request *request = make();
	const char *left = request->message.value[WIRE_LEFT_MS];

	(void)state;
	assert_true(
		strcmp(left, "90000") == 0 || (strlen(left) == 5 && strncmp(left, "89", 2) == 0));
	assert_int_equal(strspn(left, RANDOM_DIGITS), 5);
	request_free(&request);
}

static void test_whom_the_table_does_not_name_gets_the_same_request(void **state)
{
	struct request *request;

	(void)state;
	requester.user = "stranger";
	request = make();
	assert_string_equal(request->message.value[WIRE_OPENIDS], "");
	assert_int_equal(strlen(request->pin), 4);
	request_free(&request);
}

/* The name in the table is PAM_USER, not the one that is fit to be shown. */
static void test_the_table_is_asked_for_exactly_pam_user(void **state)
{
	struct request *request;

	(void)state;
	requester.user = "Alice";
	request = make();
	assert_string_equal(request->message.value[WIRE_OPENIDS], "");
	request_free(&request);
}

static void test_a_user_has_at_most_32_openids(void **state)
{
	char table[40 * 80] = "";
	struct request *request;

	(void)state;
	for (int i = 0; i < SETTINGS_OPENIDS_MAX; i++)
		sprintf(table + strlen(table), "o%063d alice\n", i);
	read_table(table);
	request = make();
	assert_int_equal(strlen(request->message.value[WIRE_OPENIDS]), 32 * 64 + 31);
	request_free(&request);
	strcat(table, "oneMore alice\n");
	read_table(table);
	request = make();
	assert_string_equal(request->message.value[WIRE_OPENIDS], "");
	request_free(&request);
}

static void test_the_app_secret_is_one_line(void **state)
{
	static const char *const good[] = {SECRET, SECRET "\n", "0123456789abcdef",
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789AB\n"};
	char expected[65];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct request *request;

		write_secret(good[i], strlen(good[i]));
		request = make();
		snprintf(expected, sizeof(expected), "%.*s", (int)strcspn(good[i], "\n"), good[i]);
		assert_string_equal(request->message.value[WIRE_SECRET], expected);
		request_free(&request);
	}
}

static void test_a_malformed_secret_file_is_refused_without_showing_it(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *what; /* NULL: "expected one line" */
	} rows[] = {
		{"", 0, NULL},
		{"\n", 1, NULL},
		{"0123456789abcde\n", 16, NULL},
		{SECRET "\n\n", 34, NULL},
		{SECRET "\r\n", 34, "the line ends as on Windows"},
		{SECRET " \n", 34, NULL},
		{" " SECRET "\n", 34, NULL},
		{SECRET "\n" SECRET "\n", 66, NULL},
		{"secret = " SECRET "\n", 42, NULL},
		{"# secret\n" SECRET "\n", 42, NULL},
		{"0123456789abcdef-0123456789abcdef", 33, NULL},
		{SECRET "\0", 33, NULL},
		{SECRET "\n\0x", 35, NULL},
		{SECRET SECRET "0\n", 66, NULL},
		{"\xef\xbb\xbf" SECRET "\n", 36, "the file begins with a byte order mark"},
		{"\xff\xfe"
		 "0\0001\000",
			6, "the file is in UTF-16"},
		{SECRET "\xe2\x80\x8b\n", 36, "the line holds an invisible character: U+200B"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		write_secret(rows[i].bytes, rows[i].length);
		expect_fault(-EINVAL, rows[i].what == NULL
					      ? "/secret:1: expected one line with the app secret"
					      : rows[i].what);
		assert_null(strstr(problem.text, "0123456789abcde"));
	}
}

static void test_a_secret_file_that_is_not_secret_is_refused(void **state)
{
	(void)state;
	assert_int_equal(chmod(settings.secret_file, 0640), 0);
	expect_fault(-EPERM, "others may read it: chmod 600");
	assert_int_equal(chmod(settings.secret_file, 0600), 0);
	write_secret(SECRET, 32);
	settings.secret_file = (char *)folder_path(&folder, "none");
	expect_fault(-ENOENT, "/none: No such file");
}

static void test_a_secret_file_has_at_most_256_bytes(void **state)
{
	char bytes[257];

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	write_secret(bytes, sizeof(bytes));
	expect_fault(-EFBIG, "larger than 256 bytes");
}

static void test_the_longest_addresses_of_the_settings_fit(void **state)
{
	char public_url[201] = "https://login.example/",
	     authorize_url[513] = "https://open.example/";
	struct request *request;
	char datagram[WIRE_MESSAGE_MAX + 1];

	(void)state;
	memset(public_url + strlen(public_url), '&', 200 - strlen(public_url));
	memset(authorize_url + strlen(authorize_url), 'x', 512 - strlen(authorize_url));
	settings.public_url = public_url;
	settings.authorize_url = authorize_url;
	request = make();
	assert_begins(request->link, public_url);
	assert_contains(request->authorize_url, "%26%2Fcallback&response_type=code&scope=");
	assert_contains(request->authorize_url, "#wechat_redirect");
	assert_true(wire_format(&request->message, datagram) > 0);
	request_free(&request);
}

static void test_addresses_that_do_not_fit_are_refused(void **state)
{
	static char big[4001];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	settings.authorize_url = big;
	expect_fault(-EINVAL, "public_url or authorize_url is too long");
	settings.authorize_url = "https://a";
	settings.public_url = big;
	expect_fault(-EINVAL, "public_url or authorize_url is too long");
}

static void test_the_longest_host_name_and_brand_are_shown_whole(void **state)
{
	char name[129];
	struct request *request;

	(void)state;
	memset(name, 'x', 128);
	name[128] = '\0';
	settings.host_name = name;
	settings.brand = name;
	request = make();
	assert_string_equal(request->message.value[WIRE_HOST], name);
	assert_string_equal(request->message.value[WIRE_BRAND], name);
	request_free(&request);
}

#define ANEW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static void test_a_second_api_url_is_handed_on(void **state)
{
	struct request *request;

	(void)state;
	settings.api_url.items[1] = "https://api2.weixin.qq.com";
	settings.api_url.count = 2;
	request = make();
	assert_string_equal(request->message.value[WIRE_API_URL], "https://api.weixin.qq.com");
	assert_string_equal(
		request->message.value[WIRE_OTHER_API_URL], "https://api2.weixin.qq.com");
	request_free(&request);
}

static void test_a_login_that_only_waits_carries_no_pin(void **state)
{
	struct request *request = NULL;
	char datagram[WIRE_MESSAGE_MAX + 1];

	(void)state;
	assert_int_equal(request_create(&request, &settings, &requester, users, true,
				 deadline_in(90000), &problem),
		0);
	assert_null(request->message.value[WIRE_PIN]);
	assert_in_range(wire_format(&request->message, datagram), 1, WIRE_MESSAGE_MAX);
	request_free(&request);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ANEW(test_the_tokens_have_their_lengths_and_alphabets),
		ANEW(test_every_request_has_tokens_of_its_own),
		ANEW(test_the_link_is_public_url_and_id),
		ANEW(test_the_authorize_url_has_wechats_order_and_fragment),
		ANEW(test_options_stand_at_the_end_of_the_authorize_url),
		ANEW(test_redirect_uri_is_encoded_once),
		ANEW(test_the_message_says_all_that_was_given),
		ANEW(test_what_may_be_absent_is_said_when_it_is_there),
		ANEW(test_an_enrolment_lists_nobody_and_has_digits),
		ANEW(test_the_time_left_is_that_of_the_deadline),
		ANEW(test_whom_the_table_does_not_name_gets_the_same_request),
		ANEW(test_the_table_is_asked_for_exactly_pam_user),
		ANEW(test_a_user_has_at_most_32_openids),
		ANEW(test_the_app_secret_is_one_line),
		ANEW(test_a_malformed_secret_file_is_refused_without_showing_it),
		ANEW(test_a_secret_file_that_is_not_secret_is_refused),
		ANEW(test_a_secret_file_has_at_most_256_bytes),
		ANEW(test_the_longest_addresses_of_the_settings_fit),
		ANEW(test_addresses_that_do_not_fit_are_refused),
		ANEW(test_the_longest_host_name_and_brand_are_shown_whole),
		cmocka_unit_test_setup_teardown(
			test_a_login_that_only_waits_carries_no_pin, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_second_api_url_is_handed_on, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
