#include "settings.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "folder.h"
#include "paths.h"
#include "problem.h"
#include "unit.h"

#define APPID "wx0123456789abcdef"
#define NEEDED "appid = " APPID "\npublic_url = https://login.example\n"

static struct folder folder;
static struct settings settings;
static struct problem problem;

static int set_up(void **state)
{
	(void)state;
	folder_create(&folder);
	memset(&settings, 0x55, sizeof(settings));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

/* Reads a file of these bytes, then a PAM line of `words`, which ends with NULL. */
static int read_settings(const char *bytes, const char *const *words)
{
	const char *path = folder_write(&folder, "conf", 0600, bytes, strlen(bytes));
	const char *line[16];
	char conf[300];
	int count = 0;

	snprintf(conf, sizeof(conf), "conf=%s", path);
	line[count++] = conf;
	while (words != NULL && *words != NULL)
		line[count++] = *words++;
	problem.text[0] = '\0';
	return settings_read(&settings, count, line, &problem);
}

static void expect_good(const char *bytes, const char *const *words)
{
	if (read_settings(bytes, words) != 0)
		fail_msg("%s", problem.text);
}

static void expect_fault(const char *bytes, const char *const *words, const char *why)
{
	assert_int_equal(read_settings(bytes, words), -EINVAL);
	assert_contains(problem.text, why);
	settings_finish(&settings);
}

static void test_every_key_has_its_default(void **state)
{
	char host[256] = "";

	(void)state;
	assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
	expect_good(NEEDED, NULL);
	assert_string_equal(settings.appid, APPID);
	assert_string_equal(settings.public_url, "https://login.example");
	assert_string_equal(settings.secret_file, PATH_SECRET);
	assert_int_equal(settings.scope, SCOPE_BASE);
	assert_string_equal(settings.users_file, PATH_USERS);
	assert_string_equal(settings.socket, "/run/pam_wechat/helper.sock");
	assert_string_equal(settings.exchange, PATH_EXCHANGE);
	assert_string_equal(settings.exchange_user, "pam-wechat-exchange");
	assert_string_equal(settings.host_name, host);
	assert_string_equal(
		settings.authorize_url, "https://open.weixin.qq.com/connect/oauth2/authorize");
	assert_string_equal(settings.api_url.items[0], "https://api.weixin.qq.com");
	assert_null(settings.ca_file);
	assert_null(settings.proxy);
	assert_false(settings.connect_redirect);
	assert_true(settings.log_openid);
	assert_int_equal(settings.confirm, CONFIRM_AUTO);
	assert_int_equal(settings.qr, QR_LINK);
	assert_int_equal(settings.charset, CHARSET_UTF8);
	assert_false(settings.invert);
	assert_int_equal(settings.timeout, 90);
	assert_int_equal(settings.lang, LANG_EN);
	assert_int_equal(settings.unlisted, UNLISTED_REFUSE);
	assert_null(settings.brand);
	assert_false(settings.debug);
	settings_finish(&settings);
	assert_null(settings.appid);
	assert_int_equal(settings.api_url.count, 0);
}

static void test_every_key_of_the_file_can_be_flipped(void **state)
{
	(void)state;
	expect_good("appid = wxfedcba9876543210\n"
		    "secret_file = /s\n"
		    "public_url = http://192.168.1.2:8080/login\n"
		    "scope = snsapi_userinfo\n"
		    "users_file = /u\n"
		    "socket = /h\n"
		    "exchange = /e\n"
		    "exchange_user = nobody\n"
		    "host_name = \xe5\xbe\xae web 1\n"
		    "authorize_url = http://127.0.0.1:1/a\n"
		    "api_url = http://localhost:2\n"
		    "ca_file = /c\n"
		    "proxy = http://proxy.example:3128\n"
		    "connect_redirect = yes\n"
		    "log_openid = no\n"
		    "confirm = code\n"
		    "qr = link\n"
		    "charset = ascii\n"
		    "invert = yes\n"
		    "timeout = 30\n"
		    "lang = zh\n"
		    "unlisted = ignore\n"
		    "brand = Example & Co\n"
		    "debug = yes\n",
		NULL);
	assert_string_equal(settings.appid, "wxfedcba9876543210");
	assert_string_equal(settings.secret_file, "/s");
	assert_string_equal(settings.public_url, "http://192.168.1.2:8080/login");
	assert_int_equal(settings.scope, SCOPE_USERINFO);
	assert_string_equal(settings.users_file, "/u");
	assert_string_equal(settings.socket, "/h");
	assert_string_equal(settings.exchange, "/e");
	assert_string_equal(settings.exchange_user, "nobody");
	assert_string_equal(settings.host_name, "\xe5\xbe\xae web 1");
	assert_string_equal(settings.authorize_url, "http://127.0.0.1:1/a");
	assert_string_equal(settings.api_url.items[0], "http://localhost:2");
	assert_string_equal(settings.ca_file, "/c");
	assert_string_equal(settings.proxy, "http://proxy.example:3128");
	assert_true(settings.connect_redirect);
	assert_false(settings.log_openid);
	assert_int_equal(settings.confirm, CONFIRM_PIN);
	assert_int_equal(settings.charset, CHARSET_ASCII);
	assert_true(settings.invert);
	assert_int_equal(settings.timeout, 30);
	assert_int_equal(settings.lang, LANG_ZH);
	assert_int_equal(settings.unlisted, UNLISTED_IGNORE);
	assert_string_equal(settings.brand, "Example & Co");
	assert_true(settings.debug);
	settings_finish(&settings);
}

static void test_every_option_of_the_line_can_be_flipped(void **state)
{
	static const char *const words[] = {"confirm=wait", "qr=authorize", "charset=none",
		"invert", "timeout=300", "lang=zh", "unlisted=ignore", "brand=X", "debug", NULL};

	(void)state;
	expect_good(NEEDED, words);
	assert_int_equal(settings.confirm, CONFIRM_WAIT);
	assert_int_equal(settings.qr, QR_AUTHORIZE);
	assert_int_equal(settings.charset, CHARSET_NONE);
	assert_true(settings.invert);
	assert_int_equal(settings.timeout, 300);
	assert_int_equal(settings.lang, LANG_ZH);
	assert_int_equal(settings.unlisted, UNLISTED_IGNORE);
	assert_string_equal(settings.brand, "X");
	assert_true(settings.debug);
	settings_finish(&settings);
}

static void test_the_line_wins(void **state)
{
	static const char file[] = NEEDED "confirm = code\nqr = authorize\ncharset = none\n"
					  "invert = yes\ntimeout = 30\nlang = zh\n"
					  "unlisted = ignore\nbrand = File\ndebug = yes\n";
	static const char *const words[] = {"confirm=auto", "qr=link", "charset=utf8", "invert=no",
		"timeout=5", "lang=en", "unlisted=refuse", "brand=Line", "debug=no", NULL};

	(void)state;
	expect_good(file, words);
	assert_int_equal(settings.confirm, CONFIRM_AUTO);
	assert_int_equal(settings.qr, QR_LINK);
	assert_int_equal(settings.charset, CHARSET_UTF8);
	assert_false(settings.invert);
	assert_int_equal(settings.timeout, 5);
	assert_int_equal(settings.lang, LANG_EN);
	assert_int_equal(settings.unlisted, UNLISTED_REFUSE);
	assert_string_equal(settings.brand, "Line");
	assert_false(settings.debug);
	settings_finish(&settings);
}

static void test_what_must_be_there_is_missed(void **state)
{
	(void)state;
	expect_fault("", NULL, "/conf: appid is missing");
	expect_fault("appid = " APPID "\n", NULL, "/conf: public_url is missing");
	expect_fault("public_url = https://login.example\n", NULL, "/conf: appid is missing");
}

#define X32 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X128 X32 X32 X32 X32
#define X512 X128 X128 X128 X128

static void test_every_wrong_value_is_refused_with_file_and_line(void **state)
{
	static const struct {
		const char *line, *why;
	} rows[] = {
		{"appid = wx0123456789abcde", "appid must be"},
		{"appid = wx0123456789abcdef0", "appid must be"},
		{"appid = wx0123456789abcdeF", "appid must be"},
		{"appid = wx0123456789abcdeg", "appid must be"},
		{"appid = xx0123456789abcdef", "appid must be"},
		{"secret_file = secret", "secret_file must be an absolute path"},
		{"secret_file = /" X512, "secret_file is longer than 512 bytes"},
		{"public_url = login.example", "public_url must look like"},
		{"public_url = https://login.example/", "public_url must look like"},
		{"public_url = https://login.example?a", "public_url must look like"},
		{"public_url = http://login.example", "public_url must begin with https://"},
		{"public_url = http://203.0.113.1", "public_url must begin with https://"},
		{"public_url = https://login.example/" X128 X32 X32,
			"public_url is longer than 200 bytes"},
		{"public_url = https://login.example/a;b", "public_url must not hold ';'"},
		{"scope = snsapi_login", "scope is snsapi_base or snsapi_userinfo"},
		{"users_file = users", "users_file must be an absolute path"},
		{"socket = helper.sock", "socket must be an absolute path"},
		{"socket = @helper", "socket must be an absolute path"},
		{"exchange = pam-wechat-exchange", "exchange must be an absolute path"},
		{"exchange_user = " X128 "x", "exchange_user is longer than 128 bytes"},
		{"host_name = " X128 "x", "host_name is longer than 128 bytes"},
		{"authorize_url = http://open.weixin.qq.com",
			"authorize_url must begin with https://"},
		{"authorize_url = http://192.168.1.1", "authorize_url must begin with https://"},
		{"authorize_url = https://a/b?c", "authorize_url must look like"},
		{"authorize_url = https://a/" X512, "authorize_url is longer than 512 bytes"},
		{"api_url = http://api.weixin.qq.com", "api_url must begin with https://"},
		{"api_url = http://10.0.0.1", "api_url must begin with https://"},
		{"api_url = file:///etc/passwd", "api_url must look like"},
		{"ca_file = ca.pem", "ca_file must be an absolute path"},
		{"proxy = proxy.example:3128", "proxy must look like"},
		{"proxy = socks5://proxy.example", "proxy must look like"},
		{"proxy = http://user:word@proxy.example", "proxy must look like"},
		{"connect_redirect = 1", "connect_redirect is yes or no"},
		{"log_openid = 1", "log_openid is yes or no"},
		{"confirm = never", "confirm is auto or code or wait"},
		{"qr = none", "qr is link or authorize"},
		{"charset = gbk", "charset is utf8 or ascii or none"},
		{"invert = on", "invert is yes or no"},
		{"timeout = 4", "timeout is a whole number from 5 to 300"},
		{"timeout = 301", "timeout is a whole number from 5 to 300"},
		{"timeout = 90s", "timeout is a whole number from 5 to 300"},
		{"lang = fr", "lang is en or zh"},
		{"unlisted = allow", "unlisted is refuse or ignore"},
		{"brand = " X128 "x", "brand is longer than 128 bytes"},
		{"debug = true", "debug is yes or no"},
		{"failmode = safe", "unknown key \"failmode\""},
		{"conf = /etc/other", "unknown key \"conf\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char bytes[2000], why[200];

		snprintf(bytes, sizeof(bytes), "# c\n%s\n", rows[i].line);
		snprintf(why, sizeof(why), "/conf:2: %s", rows[i].why);
		folder_remove(&folder);
		folder_create(&folder);
		expect_fault(bytes, NULL, why);
	}
}

static void test_every_key_is_refused_the_second_time(void **state)
{
	static const char *const lines[] = {"appid = wx0123456789abcdef", "secret_file = /x",
		"public_url = https://x", "scope = snsapi_base", "users_file = /x", "socket = /x",
		"exchange = /x", "exchange_user = x", "host_name = x", "authorize_url = https://x",
		"ca_file = /x", "proxy = https://x", "connect_redirect = no", "log_openid = no",
		"confirm = code", "qr = link", "charset = utf8", "invert = no", "timeout = 90",
		"lang = en", "unlisted = refuse", "brand = x", "debug = no"};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		char bytes[300], why[100];

		snprintf(bytes, sizeof(bytes), "%s\n%s\n", lines[i], lines[i]);
		snprintf(why, sizeof(why), "/conf:2: %.*s is given twice",
			(int)strcspn(lines[i], " "), lines[i]);
		expect_fault(bytes, NULL, why);
	}
}

static void test_the_api_may_have_two_addresses_and_no_third(void **state)
{
	(void)state;
	expect_good(NEEDED "api_url = https://a\napi_url = https://b\n", NULL);
	assert_int_equal(settings.api_url.count, 2);
	assert_string_equal(settings.api_url.items[0], "https://a");
	assert_string_equal(settings.api_url.items[1], "https://b");
	settings_finish(&settings);
	expect_fault(NEEDED "api_url = https://a\napi_url = https://b\napi_url = https://c\n", NULL,
		"/conf: api_url is given more than two times");
}

static void test_wrong_words_on_the_line_are_refused(void **state)
{
	static const struct {
		const char *words[3];
		const char *why;
	} rows[] = {
		{{"nullok"}, "PAM line: \"nullok\" is not an option of this line"},
		{{""}, "PAM line: \"\" is not an option of this line"},
		{{"="}, "PAM line: \"\" is not an option of this line"},
		{{"debugger"}, "PAM line: \"debugger\" is not an option of this line"},
		{{"debu"}, "PAM line: \"debu\" is not an option of this line"},
		{{"Debug"}, "PAM line: \"Debug\" is not an option of this line"},
		{{"lang"}, "PAM line: lang needs a value"},
		{{"brand"}, "PAM line: brand needs a value"},
		{{"lang="}, "PAM line: lang has no value"},
		{{"debug="}, "PAM line: debug has no value"},
		{{"lang=fr"}, "PAM line: lang is en or zh"},
		{{"timeout=0"}, "PAM line: timeout is a whole number"},
		{{"debug", "debug"}, "PAM line: debug is given twice"},
		{{"lang=en", "lang=zh"}, "PAM line: lang is given twice"},
		{{"conf"}, "PAM line: \"conf\" is not an option of this line"},
		{{"conf=/other"}, "PAM line: conf is given twice"},
		/* Whoever writes the PAM line is root; but these belong into the file. */
		{{"appid=" APPID}, "PAM line: \"appid\" is not an option of this line"},
		{{"exchange=/x"}, "PAM line: \"exchange\" is not an option of this line"},
		{{"users_file=/x"}, "PAM line: \"users_file\" is not an option of this line"},
		{{"socket=/x"}, "PAM line: \"socket\" is not an option of this line"},
		{{"api_url=https://x"}, "PAM line: \"api_url\" is not an option of this line"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		expect_fault(NEEDED, rows[i].words, rows[i].why);
}

static void test_another_file_is_named_by_an_absolute_path(void **state)
{
	static const char *const bad[] = {"conf=", "conf=pam_wechat.conf", "conf=./x"};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(settings_read(&settings, 1, &bad[i], &problem), -EINVAL);
		assert_string_equal(problem.text, "PAM line: conf must be an absolute path");
		settings_finish(&settings);
	}
}

static void test_a_missing_or_untrusted_file_closes_the_door(void **state)
{
	const char *none = folder_path(&folder, "none"), *word;
	char conf[300];

	(void)state;
	snprintf(conf, sizeof(conf), "conf=%s", none);
	word = conf;
	assert_int_equal(settings_read(&settings, 1, &word, &problem), -ENOENT);
	assert_begins(problem.text, none);
	settings_finish(&settings);
	snprintf(conf, sizeof(conf), "conf=%s",
		folder_write(&folder, "open", 0666, NEEDED, strlen(NEEDED)));
	assert_int_equal(settings_read(&settings, 1, &word, &problem), -EPERM);
	assert_null(settings.appid);
	settings_finish(&settings);
}

static void test_a_mistake_in_the_file_is_not_mended_by_the_line(void **state)
{
	static const char *const words[] = {"lang=en", NULL};

	(void)state;
	expect_fault(NEEDED "lang = fr\n", words, "/conf:3: lang is en or zh");
}

static void test_the_authorize_url_as_qr_does_not_go_with_userinfo(void **state)
{
	static const char *const words[] = {"qr=authorize", NULL};
	static const char why[] = "qr=authorize does not go with scope=snsapi_userinfo";

	(void)state;
	expect_fault(NEEDED "scope = snsapi_userinfo\n", words, why);
	expect_fault(NEEDED "scope = snsapi_userinfo\nqr = authorize\n", NULL, why);
	expect_good(NEEDED "qr = authorize\n", NULL);
	settings_finish(&settings);
}

static void test_lengths_reach_their_limits(void **state)
{
	(void)state;
	expect_good("appid = " APPID "\npublic_url = https://login.example/" X128 X32
		    "xxxxxxxxxxxxxxxxxx"
		    "\nhost_name = " X128 "\nbrand = " X128 "\n",
		NULL);
	assert_int_equal(strlen(settings.public_url), 200);
	assert_int_equal(strlen(settings.brand), 128);
	settings_finish(&settings);
}

static void test_values_are_judged_one_by_one(void **state)
{
	(void)state;
	assert_null(settings_fault("appid", "wx0123456789abcdef"));
	assert_non_null(strstr(settings_fault("appid", "wx0123456789abcdeF"), "lower case"));
	assert_null(settings_fault("public_url", "http://192.168.1.5:8080"));
	assert_non_null(strstr(settings_fault("public_url", "http://a.example"), "https://"));
	assert_null(settings_fault("debug", "nonsense"));
	assert_null(settings_fault("no_such_key", ""));
}

static void test_words_that_leave_the_module(void **state)
{
	(void)state;
	assert_string_equal(settings_scope_word(SCOPE_BASE), "snsapi_base");
	assert_string_equal(settings_scope_word(SCOPE_USERINFO), "snsapi_userinfo");
	assert_string_equal(settings_lang_word(LANG_EN), "en");
	assert_string_equal(settings_lang_word(LANG_ZH), "zh");
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(test_every_key_has_its_default),
		WITH_FOLDER(test_every_key_of_the_file_can_be_flipped),
		WITH_FOLDER(test_every_option_of_the_line_can_be_flipped),
		WITH_FOLDER(test_the_line_wins),
		WITH_FOLDER(test_what_must_be_there_is_missed),
		WITH_FOLDER(test_every_wrong_value_is_refused_with_file_and_line),
		WITH_FOLDER(test_every_key_is_refused_the_second_time),
		WITH_FOLDER(test_the_api_may_have_two_addresses_and_no_third),
		WITH_FOLDER(test_wrong_words_on_the_line_are_refused),
		WITH_FOLDER(test_another_file_is_named_by_an_absolute_path),
		WITH_FOLDER(test_a_missing_or_untrusted_file_closes_the_door),
		WITH_FOLDER(test_a_mistake_in_the_file_is_not_mended_by_the_line),
		WITH_FOLDER(test_the_authorize_url_as_qr_does_not_go_with_userinfo),
		WITH_FOLDER(test_lengths_reach_their_limits),
		cmocka_unit_test(test_values_are_judged_one_by_one),
		cmocka_unit_test(test_words_that_leave_the_module),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
