#include "url.h"

#include <errno.h>

#include "exact.h"
#include "text.h"
#include "unit.h"

static void test_good_addresses_are_taken_to_pieces(void **state)
{
	static const struct {
		const char *string;
		bool https;
		const char *host;
		uint16_t port;
		size_t origin_length;
		const char *path;
	} rows[] = {
		{"https://login.example", true, "login.example", 443, 21, ""},
		{"http://login.example", false, "login.example", 80, 20, ""},
		{"HTTPS://Login.EXAMPLE/Path", true, "login.example", 443, 21, "/Path"},
		{"https://login.example:8443/a/b-c_d.~e", true, "login.example", 8443, 26,
			"/a/b-c_d.~e"},
		{"http://127.0.0.1:65535", false, "127.0.0.1", 65535, 22, ""},
		{"http://127.0.0.1:1", false, "127.0.0.1", 1, 18, ""},
		{"http://[::1]:8080/x", false, "::1", 8080, 17, "/x"},
		{"https://[2001:db8::1]", true, "2001:db8::1", 443, 21, ""},
		{"https://xn--fiq228c.example/a%20b", true, "xn--fiq228c.example", 443, 27,
			"/a%20b"},
		{"https://a/!$&'()*+,;=:@", true, "a", 443, 9, "/!$&'()*+,;=:@"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct url url;

		assert_int_equal(url_parse(exact(rows[i].string), &url), 0);
		assert_int_equal(url.https, rows[i].https);
		assert_string_equal(url.host, rows[i].host);
		assert_int_equal(url.port, rows[i].port);
		assert_int_equal(url.origin_length, rows[i].origin_length);
		assert_string_equal(url.path, rows[i].path);
	}
}

static void test_bad_addresses_are_refused(void **state)
{
	static const char *const strings[] = {
		"",
		"login.example",
		"//login.example",
		"ftp://login.example",
		"https:/login.example",
		"https://",
		"https:///path",
		"https://:443",
		" https://login.example",
		"https://login.example ",
		"https://login.example/",
		"https://login.example/a/",
		"https://login.example//a",
		"https://login.example/a//b",
		"https://login.example?x=1",
		"https://login.example/a?x=1",
		"https://login.example#x",
		"https://login.example/a#x",
		"https://user@login.example",
		"https://user:word@login.example",
		"https://login.example\\a",
		"https://login.example/a b",
		"https://login.example/\"",
		"https://login.example/<",
		"https://login.example/a\n",
		"https://login.example/\xe5\xbe\xae",
		"https://\xe5\xbe\xae.example",
		"https://login_example",
		"https://-login.example",
		"https://.login.example",
		"https://login.example:",
		"https://login.example:0",
		"https://login.example:65536",
		"https://login.example:123456",
		"https://login.example:80a",
		"https://login.example:-1",
		"https://login.example:80:80",
		"https://[::1",
		"https://[]",
		"https://[::1]x",
		"https://[127.0.0.1]",
		"https://[fe80::1%25eth0]",
		"https://[::g]",
		"https://::1",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(strings); i++) {
		struct url url;

		if (url_parse(exact(strings[i]), &url) != -EINVAL)
			fail_msg("%s was accepted", strings[i]);
	}
}

/* RFC 3986 knows '%' as the beginning of %XX alone. */
static void test_a_lone_percent_sign_is_refused(void **state)
{
	static const char *const strings[] = {"https://login.example/%",
		"https://login.example/a%2", "https://login.example/%zz/b"};
	struct url url;

	(void)state;
	for (size_t i = 0; i < COUNT(strings); i++)
		assert_int_equal(url_parse(exact(strings[i]), &url), -EINVAL);
}

static void test_a_host_has_at_most_255_bytes(void **state)
{
	char string[300] = "https://";
	struct url url;

	(void)state;
	memset(string + 8, 'a', 255);
	assert_int_equal(url_parse(exact(string), &url), 0);
	assert_int_equal(strlen(url.host), 255);
	string[8 + 255] = 'a';
	assert_int_equal(url_parse(exact(string), &url), -EINVAL);
	memset(string + 8, ':', 280);
	string[8] = '[';
	string[280] = ']';
	assert_int_equal(url_parse(exact(string), &url), -EINVAL);
}

static void test_how_far_an_address_reaches(void **state)
{
	static const struct {
		const char *string;
		enum url_reach reach;
	} rows[] = {
		{"http://localhost", URL_LOOPBACK},
		{"http://LOCALHOST:80", URL_LOOPBACK},
		{"http://127.0.0.1", URL_LOOPBACK},
		{"http://127.255.255.254", URL_LOOPBACK},
		{"http://[::1]", URL_LOOPBACK},
		{"http://[0:0:0:0:0:0:0:1]", URL_LOOPBACK},
		{"http://10.0.0.1", URL_PRIVATE},
		{"http://10.255.255.255", URL_PRIVATE},
		{"http://172.16.0.1", URL_PRIVATE},
		{"http://172.31.255.255", URL_PRIVATE},
		{"http://192.168.1.1", URL_PRIVATE},
		{"http://169.254.1.1", URL_PRIVATE},
		{"http://[fc00::1]", URL_PRIVATE},
		{"http://[fdff::1]", URL_PRIVATE},
		{"http://[fe80::1]", URL_PRIVATE},
		{"http://[febf::1]", URL_PRIVATE},
		{"http://126.0.0.1", URL_PUBLIC},
		{"http://128.0.0.1", URL_PUBLIC},
		{"http://9.255.255.255", URL_PUBLIC},
		{"http://11.0.0.1", URL_PUBLIC},
		{"http://172.15.255.255", URL_PUBLIC},
		{"http://172.32.0.1", URL_PUBLIC},
		{"http://192.167.1.1", URL_PUBLIC},
		{"http://192.169.1.1", URL_PUBLIC},
		{"http://0.0.0.0", URL_PUBLIC},
		{"http://[::]", URL_PUBLIC},
		{"http://[::2]", URL_PUBLIC},
		{"http://[fec0::1]", URL_PUBLIC},
		{"http://[2001:db8::1]", URL_PUBLIC},
		{"http://login.example", URL_PUBLIC},
		{"http://localhost.example", URL_PUBLIC},
		{"http://127.0.0.1.example", URL_PUBLIC},
		{"http://127.1", URL_PUBLIC},
		{"http://2130706433", URL_PUBLIC},
		{"http://10.0.0.1.example", URL_PUBLIC},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct url url;

		assert_int_equal(url_parse(exact(rows[i].string), &url), 0);
		if (url_reach(&url) != rows[i].reach)
			fail_msg("%s: %d", rows[i].string, url_reach(&url));
	}
}

static void test_all_but_unreserved_characters_are_encoded(void **state)
{
	char bytes[256 * 3 + 1], all[256], expected[4];
	struct text text;

	(void)state;
	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	for (int i = 0; i < 256; i++) {
		bool unreserved = (i >= '0' && i <= '9') || (i >= 'A' && i <= 'Z') ||
		                  (i >= 'a' && i <= 'z') || i == '-' || i == '.' || i == '_' ||
		                  i == '~';

		text_init(&text, bytes, sizeof(bytes));
		url_encode(&text, exact_bytes(&all[i], 1), 1);
		if (unreserved)
			assert_int_equal(text_format(expected, sizeof(expected), "%c", i), 0);
		else
			assert_int_equal(
				text_format(expected, sizeof(expected), "%%%02X", (unsigned int)i),
				0);
		assert_string_equal(bytes, expected);
	}
	text_init(&text, bytes, sizeof(bytes));
	url_encode(&text, exact_bytes("https://a.b/c?d=e f", 19), 19);
	assert_string_equal(bytes, "https%3A%2F%2Fa.b%2Fc%3Fd%3De%20f");
}

static void test_encoding_that_does_not_fit_is_reported(void **state)
{
	char bytes[3];
	struct text text;

	(void)state;
	text_init(&text, bytes, sizeof(bytes));
	url_encode(&text, exact_bytes("/", 1), 1);
	assert_int_equal(text_finish(&text), -ENOSPC);
	assert_string_equal(bytes, "");
}

static void test_good_encoding_is_decoded_in_place(void **state)
{
	static const struct {
		const char *from, *to;
	} rows[] = {
		{"", ""},
		{"plain", "plain"},
		{"a%20b", "a b"},
		{"%41%5a%5A", "AZZ"},
		{"%E5%be%aE", "\xe5\xbe\xae"},
		{"%25%32%35", "%25"},
		{"a+b", "a+b"},
		{"%0A%01%ff", "\n\x01\xff"},
		{"x%3D", "x="},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *string = exact(rows[i].from);

		assert_int_equal(url_decode(string), strlen(rows[i].to));
		assert_string_equal(string, rows[i].to);
	}
}

static void test_bad_encoding_is_refused(void **state)
{
	static const char *const strings[] = {"%", "a%", "%4", "%4", "%g0", "%0g", "%%41", "% 1",
		"%-1", "%+1", "%00", "a%00b", "%0", "%\xff\xff"};

	(void)state;
	for (size_t i = 0; i < COUNT(strings); i++) {
		char *string = exact(strings[i]);

		assert_int_equal(url_decode(string), -EINVAL);
	}
}

static void test_decoding_undoes_encoding(void **state)
{
	char all[256], bytes[256 * 3 + 1];
	char *decoded;
	struct text text;

	(void)state;
	for (int i = 1; i < 256; i++)
		all[i - 1] = (char)i;
	all[255] = '\0';
	text_init(&text, bytes, sizeof(bytes));
	url_encode(&text, exact_bytes(all, 255), 255);
	assert_int_equal(text_finish(&text), 0);
	assert_int_equal(url_decode(decoded = exact(bytes)), 255);
	assert_memory_equal(decoded, all, 256);
}

/* An address of this many bytes. */
static const char *make_long(size_t length)
{
	static char url[1024];

	memset(url, 'x', length);
	memcpy(url, "https://login.example/", 22);
	url[length] = '\0';
	return url;
}

static void test_faults_are_told(void **state)
{
	(void)state;
	assert_null(url_fault(exact("https://login.example")));
	assert_null(url_fault(exact("http://login.example/a;b,c%20d")));
	assert_contains(url_fault(exact("https://login.example/")), "without a slash at the end");
	assert_contains(url_fault(exact("ftp://login.example")), "must look like https://");
	assert_null(url_fault(exact(make_long(512))));
	assert_string_equal(url_fault(exact(make_long(513))), "is longer than 512 bytes");
}

static void test_what_a_public_url_may_be(void **state)
{
	static const char *const good[] = {
		"https://login.example",
		"https://login.example:8443/sso/wechat",
		"https://login.example/a!$&'()*+=:@~",
		"http://127.0.0.1:9",
		"http://localhost/sso",
		"http://192.168.1.5:8080",
		"http://[fe80::1]:8080",
	};
	static const struct {
		const char *url, *fault;
	} bad[] = {
		{"", "must look like"},
		{"login.example", "must look like"},
		{"https://login.example/", "must look like"},
		{"https://login.example/a?b", "must look like"},
		{"http://login.example", "must begin with https://"},
		{"http://203.0.113.1:8080", "must begin with https://"},
		{"https://login.example/a;b", "';', ',' or '%'"},
		{"https://login.example/a,b", "';', ',' or '%'"},
		{"https://login.example/a%20b", "';', ',' or '%'"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_null(url_public_fault(exact(good[i])));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_contains(url_public_fault(exact(bad[i].url)), bad[i].fault);
	assert_null(url_public_fault(exact(make_long(200))));
	assert_string_equal(url_public_fault(exact(make_long(201))), "is longer than 200 bytes");
	assert_string_equal(url_public_fault(exact(make_long(513))), "is longer than 512 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_addresses_are_taken_to_pieces),
		cmocka_unit_test(test_bad_addresses_are_refused),
		cmocka_unit_test(test_a_lone_percent_sign_is_refused),
		cmocka_unit_test(test_a_host_has_at_most_255_bytes),
		cmocka_unit_test(test_how_far_an_address_reaches),
		cmocka_unit_test(test_all_but_unreserved_characters_are_encoded),
		cmocka_unit_test(test_encoding_that_does_not_fit_is_reported),
		cmocka_unit_test(test_good_encoding_is_decoded_in_place),
		cmocka_unit_test(test_bad_encoding_is_refused),
		cmocka_unit_test(test_decoding_undoes_encoding),
		cmocka_unit_test(test_faults_are_told),
		cmocka_unit_test(test_what_a_public_url_may_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
