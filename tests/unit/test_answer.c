#include "answer.h"

#include <stdio.h>
#include <stdlib.h>

#include "exact.h"
#include "unit.h"

#define OPENID "oLVPpjqs9BhvzwPj5A-vTYAX3GLc"
#define TOKEN "61_k3sX-0pQ_zzzzzzzzzzzzzzzzzzzzzzzz"
#define GOOD                                                                           \
	"{\"access_token\":\"" TOKEN "\",\"expires_in\":7200,\"refresh_token\":\"r\"," \
	"\"openid\":\"" OPENID "\",\"scope\":\"snsapi_base\"}"

static struct answer token(const char *body)
{
	struct answer answer;

	memset(&answer, 0x55, sizeof(answer));
	answer_parse_token(&answer, 200, exact_bytes(body, strlen(body)), strlen(body));
	return answer;
}

static struct answer userinfo(const char *body)
{
	struct answer answer;

	memset(&answer, 0x55, sizeof(answer));
	answer_parse_userinfo(&answer, OPENID, 200, exact_bytes(body, strlen(body)), strlen(body));
	return answer;
}

/* Expects an answer that names nobody. */
static void expect_nobody(const struct answer *answer, enum reason reason, const char *body)
{
	if (answer->reason != reason)
		fail_msg("%s: %s", body, reason_word(answer->reason));
	if (answer->openid[0] != '\0' || answer->access_token[0] != '\0')
		fail_msg("%s: names somebody", body);
	assert_non_null(answer->advice);
	assert_string_not_equal(answer->advice, "");
}

static void test_a_good_answer_names_somebody(void **state)
{
	static const char *const bodies[] = {
		GOOD,
		" \t\r\n" GOOD "\r\n\t ",
		"{\"openid\":\"" OPENID "\",\"access_token\":\"" TOKEN "\"}",
		"{\"errcode\":0,\"errmsg\":\"ok\",\"openid\":\"" OPENID
		"\",\"access_token\":\"" TOKEN "\"}",
		"{\"openid\":\"" OPENID "\",\"access_token\":\"" TOKEN
		"\",\"is_snapshotuser\":0,\"expires_in\":\"7200\",\"scope\":\"snsapi_base,\","
		"\"unionid\":\"u\",\"new\":{\"a\":[1,{\"openid\":\"other\"}]}}",
		"{\"openid\":\"" OPENID "\",\"access_token\":\"" TOKEN
		"\",\"nickname\":\"\xb0\xa1\x07\x14\"}",
		"\xef\xbb\xbf" GOOD,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct answer answer = token(bodies[i]);

		assert_int_equal(answer.reason, REASON_NONE);
		assert_string_equal(answer.openid, OPENID);
		assert_string_equal(answer.access_token, TOKEN);
		assert_int_equal(answer.errcode, 0);
		assert_string_equal(answer.rid, "");
		assert_string_equal(answer.advice, "");
	}
}

static void test_an_error_has_its_class_number_and_rid(void **state)
{
	struct answer answer = token("{\"errcode\":40029,\"errmsg\":\"invalid code, rid: "
				     "6583f22d-35b1b023-4a6d02b6\"}");

	(void)state;
	expect_nobody(&answer, REASON_CODE, "40029");
	assert_int_equal(answer.errcode, 40029);
	assert_string_equal(answer.rid, "6583f22d-35b1b023-4a6d02b6");
	answer = token("{\"errmsg\":\"system error, hints: [ req_id: x ]\",\"errcode\":-1}");
	expect_nobody(&answer, REASON_BUSY, "-1");
	assert_int_equal(answer.errcode, -1);
	assert_string_equal(answer.rid, "");
	answer = token("{\"errcode\":40125}");
	expect_nobody(&answer, REASON_SETUP, "40125");
	answer = token("{\"errcode\":40226,\"errmsg\":12}");
	expect_nobody(&answer, REASON_RISK, "40226");
	answer = token("{\"errcode\":77777,\"errmsg\":\"x\"}");
	expect_nobody(&answer, REASON_SETUP, "77777");
	assert_int_equal(answer.errcode, 77777);
}

static void test_an_error_beside_an_openid_is_an_error(void **state)
{
	struct answer answer = token(
		"{\"openid\":\"" OPENID "\",\"access_token\":\"" TOKEN "\",\"errcode\":40029}");

	(void)state;
	expect_nobody(&answer, REASON_CODE, "both");
}

static void test_an_errcode_that_is_no_whole_number_is_refused(void **state)
{
	static const char *const values[] = {"\"0\"", "\"40029\"", "null", "true", "false", "0.5",
		"40029.5", "[0]", "{}", "4294967296", "1e99", "1e999", "-4294967296", "\"\""};

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		char body[300];
		struct answer answer;

		snprintf(body, sizeof(body),
			"{\"errcode\":%s,\"openid\":\"%s\",\"access_token\":\"%s\"}", values[i],
			OPENID, TOKEN);
		answer = token(body);
		expect_nobody(&answer, REASON_BAD_ANSWER, body);
	}
}

static void test_only_a_plain_rid_is_taken(void **state)
{
	static const struct {
		const char *errmsg, *rid;
	} rows[] = {
		{"x, rid: 6583f22d-35b1b023-4a6d02b6", "6583f22d-35b1b023-4a6d02b6"},
		{"x, rid: 6583f22d more", "6583f22d"},
		{"rid: abc\\ndef", "abc"},
		{"rid: <script>", ""},
		{"rid: ", ""},
		{"rid:6583f22d", ""},
		{"rid: 012345678901234567890123456789012345678901234567890123456789012",
			"012345678901234567890123456789012345678901234567890123456789012"},
		{"rid: 0123456789012345678901234567890123456789012345678901234567890123", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char body[300];
		struct answer answer;

		snprintf(body, sizeof(body), "{\"errcode\":40029,\"errmsg\":\"%s\"}",
			rows[i].errmsg);
		answer = token(body);
		assert_int_equal(answer.reason, REASON_CODE);
		assert_string_equal(answer.rid, rows[i].rid);
	}
}

static void test_any_snapshot_flag_but_zero_is_refused(void **state)
{
	static const char *const values[] = {"1", "2", "-1", "0.1", "true", "false", "null",
		"\"0\"", "\"1\"", "\"\"", "[]", "{}"};

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		char body[300];
		struct answer answer;

		snprintf(body, sizeof(body),
			"{\"openid\":\"%s\",\"access_token\":\"%s\",\"is_snapshotuser\":%s}",
			OPENID, TOKEN, values[i]);
		answer = token(body);
		expect_nobody(&answer, REASON_SNAPSHOT, body);
		answer = userinfo(body);
		expect_nobody(&answer, REASON_SNAPSHOT, body);
	}
}

static void test_what_is_no_single_object_is_refused(void **state)
{
	static const char *const bodies[] = {
		"",
		" ",
		"\n",
		"null",
		"true",
		"1",
		"\"openid\"",
		"[]",
		"[" GOOD "]",
		GOOD GOOD,
		GOOD "x",
		GOOD ",",
		GOOD "}",
		"x" GOOD,
		"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>",
		"callback(" GOOD ")",
		"{\"openid\":\"" OPENID "\",\"access_token\":\"" TOKEN "\"",
		"{\"openid\":\"" OPENID "\",\"access_token\":\"" TOKEN,
		"{\"openid\":\"" OPENID "\" \"access_token\":\"" TOKEN "\"}",
		"{\"openid\":\"" OPENID "\",\"access_token\":\"" TOKEN "\",}",
		"{openid:\"" OPENID "\",access_token:\"" TOKEN "\"}",
		"{\"openid\":\"" OPENID "\",\"access_token\":\"" TOKEN "\",\"x\":\"\\u12\"}",
		"{",
		"{\"",
		"{\"openid",
		"{\"openid\":",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct answer answer = token(bodies[i]);

		expect_nobody(&answer, REASON_BAD_ANSWER, bodies[i]);
		answer = userinfo(bodies[i]);
		expect_nobody(&answer, REASON_BAD_ANSWER, bodies[i]);
	}
}

static void test_every_truncated_body_is_refused(void **state)
{
	(void)state;
	for (size_t length = 0; length < strlen(GOOD); length++) {
		struct answer answer;

		answer_parse_token(&answer, 200, exact_bytes(GOOD, length), length);
		expect_nobody(&answer, REASON_BAD_ANSWER, "truncated");
	}
}

static void test_a_repeated_name_is_refused(void **state)
{
	static const char *const bodies[] = {
		"{\"openid\":\"" OPENID "\",\"access_token\":\"" TOKEN "\",\"openid\":\"oOther\"}",
		"{\"openid\":\"" OPENID "\",\"access_token\":\"" TOKEN "\",\"x\":1,\"x\":1}",
		"{\"errcode\":0,\"openid\":\"" OPENID "\",\"access_token\":\"" TOKEN
		"\",\"errcode\":40029}",
		"{\"openid\":\"" OPENID "\",\"access_token\":\"" TOKEN
		"\",\"\\u006fpenid\":\"oOther\"}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct answer answer = token(bodies[i]);

		expect_nobody(&answer, REASON_BAD_ANSWER, bodies[i]);
	}
}

static void test_a_misshapen_openid_is_refused(void **state)
{
	static const char *const values[] = {"\"\"", "\"abcde\"", "null", "12345678", "true", "[]",
		"{\"a\":\"" OPENID "\"}", "[\"" OPENID "\"]", "\"" OPENID " \"", "\" " OPENID "\"",
		"\"oLVPpj.qs9\"", "\"oLVPpj/qs9\"", "\"oLVPpj\\nqs9\"", "\"oLVPpj\\u5fae\"",
		"\"oLVPpj\xe5\xbe\xae\"", "\"o%4cVPpjqs9\"",
		"\"01234567890123456789012345678901234567890123456789012345678901234\""};
	struct answer answer;

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		char body[300];

		snprintf(body, sizeof(body), "{\"openid\":%s,\"access_token\":\"%s\"}", values[i],
			TOKEN);
		answer = token(body);
		expect_nobody(&answer, REASON_BAD_ANSWER, body);
	}
	answer = token("{\"access_token\":\"" TOKEN "\"}");
	expect_nobody(&answer, REASON_BAD_ANSWER, "no openid");
	answer = token("{\"OpenID\":\"" OPENID "\",\"access_token\":\"" TOKEN "\"}");
	expect_nobody(&answer, REASON_BAD_ANSWER, "OpenID");
	answer = token("{}");
	expect_nobody(&answer, REASON_BAD_ANSWER, "{}");
}

static void test_openids_have_6_to_64_bytes(void **state)
{
	static const size_t lengths[] = {6, 28, 64};

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		char openid[65], body[300];
		struct answer answer;

		memset(openid, 'x', lengths[i]);
		openid[lengths[i]] = '\0';
		snprintf(body, sizeof(body), "{\"openid\":\"%s\",\"access_token\":\"t\"}", openid);
		answer = token(body);
		assert_int_equal(answer.reason, REASON_NONE);
		assert_string_equal(answer.openid, openid);
	}
}

/* A NUL must not make another openid out of the one that WeChat named. */
static void test_a_nul_in_a_value_is_refused(void **state)
{
	static const char raw[] = "{\"openid\":\"" OPENID "\0x\",\"access_token\":\"" TOKEN "\"}";
	struct answer answer =
		token("{\"openid\":\"" OPENID "\\u0000x\",\"access_token\":\"" TOKEN "\"}");

	(void)state;
	expect_nobody(&answer, REASON_BAD_ANSWER, "an escaped NUL");
	answer_parse_token(&answer, 200, exact_bytes(raw, sizeof(raw) - 1), sizeof(raw) - 1);
	expect_nobody(&answer, REASON_BAD_ANSWER, "a NUL");
}

static void test_a_nul_in_a_name_is_refused(void **state)
{
	struct answer answer =
		token("{\"openid\\u0000x\":\"" OPENID "\",\"access_token\":\"" TOKEN "\"}");

	(void)state;
	expect_nobody(&answer, REASON_BAD_ANSWER, "an escaped NUL");
}

static void test_a_nul_behind_the_object_is_refused(void **state)
{
	struct answer answer;

	(void)state;
	answer_parse_token(&answer, 200, exact_bytes(GOOD, sizeof(GOOD)), sizeof(GOOD));
	expect_nobody(&answer, REASON_BAD_ANSWER, "a NUL");
}

static void test_a_token_is_whatever_a_request_can_carry(void **state)
{
	static const char *const values[] = {"a|/+=:@%b", "!", "a\\\\u0000", "a&b=c", "a#b", "~"};
	static const char *const tokens[] = {"a|/+=:@%b", "!", "a\\u0000", "a&b=c", "a#b", "~"};
	char body[4400];
	struct answer answer;

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		snprintf(body, sizeof(body),
			"{\"openid\":\"%s\",\"access_token\":\"%s\",\"refresh_token\":\"%s\"}",
			OPENID, values[i], values[i]);
		answer = token(body);
		assert_int_equal(answer.reason, REASON_NONE);
		assert_string_equal(answer.access_token, tokens[i]);
		assert_string_equal(answer.refresh_token, tokens[i]);
	}
	snprintf(body, sizeof(body), "{\"openid\":\"%s\",\"access_token\":\"%04096d\"}", OPENID, 0);
	answer = token(body);
	assert_int_equal(answer.reason, REASON_NONE);
	assert_int_equal(strlen(answer.access_token), 4096);
}

/* A login that asks for nothing more has no use for it. */
static void test_a_token_that_no_request_carries_is_none(void **state)
{
	static const char *const values[] = {"\"\"", "null", "7", "[]", "\"a b\"", "\"a\\nb\"",
		"\"a\x7f\"", "\"\xc3\xa9\"", "\"a\\u0000\""};
	char body[4400];
	struct answer answer;

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		snprintf(body, sizeof(body), "{\"openid\":\"%s\",\"access_token\":%s}", OPENID,
			values[i]);
		answer = token(body);
		assert_int_equal(answer.reason, REASON_NONE);
		assert_string_equal(answer.openid, OPENID);
		assert_string_equal(answer.access_token, "");
	}
	answer = token("{\"openid\":\"" OPENID "\"}");
	assert_int_equal(answer.reason, REASON_NONE);
	assert_string_equal(answer.access_token, "");
	snprintf(body, sizeof(body), "{\"openid\":\"%s\",\"access_token\":\"%04097d\"}", OPENID, 0);
	answer = token(body);
	assert_int_equal(answer.reason, REASON_NONE);
	assert_string_equal(answer.access_token, "");
}

/* A name that looks like an escape, and halves of characters where nobody needs them. */
static void test_odd_escapes_lock_nobody_out(void **state)
{
	static const struct {
		const char *written, *shown;
	} rows[] = {
		{"\\\\u0000", "\\u0000"},
		{"\\\\\\u0000", "\\"},
		{"a\\ud800b", "a\xef\xbf\xbd"
			      "b"},
		{"a\\udc00b", "a\xef\xbf\xbd"
			      "b"},
		{"a\\ud83d\\ude00b", "a\xf0\x9f\x98\x80"
				     "b"},
		{"a\\ud83d\\ud83d\\ude00b", "a\xef\xbf\xbd\xf0\x9f\x98\x80"
					    "b"},
		{"\\\\ud800", "\\ud800"},
		{"\\\"\\uD800", "\"\xef\xbf\xbd"},
	};
	char body[512];
	struct answer answer;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(body, sizeof(body), "{\"openid\":\"%s\",\"nickname\":\"%s\"}", OPENID,
			rows[i].written);
		answer = userinfo(body);
		assert_int_equal(answer.reason, REASON_NONE);
		assert_string_equal(answer.nickname, rows[i].shown);
		snprintf(body, sizeof(body), "{\"openid\":\"%s\",\"city\":\"%s\"}", OPENID,
			rows[i].written);
		answer = token(body);
		assert_int_equal(answer.reason, REASON_NONE);
	}
}

static void test_deep_nesting_is_refused(void **state)
{
	static char body[40000];
	struct answer answer;

	(void)state;
	for (size_t i = 0; i < 7000; i++)
		memcpy(body + 5 * i, "{\"a\":", 5);
	answer = token(body);
	expect_nobody(&answer, REASON_BAD_ANSWER, "nested objects");
	memset(body, '[', 39999);
	answer = token(body);
	expect_nobody(&answer, REASON_BAD_ANSWER, "nested arrays");
}

static void test_a_success_comes_with_status_200_alone(void **state)
{
	static const long statuses[] = {0, 100, 199, 201, 204, 301, 302, 404, 500, 502};
	struct answer answer;

	(void)state;
	for (size_t i = 0; i < COUNT(statuses); i++) {
		answer_parse_token(
			&answer, statuses[i], exact_bytes(GOOD, strlen(GOOD)), strlen(GOOD));
		expect_nobody(&answer, REASON_BAD_ANSWER, "status");
		answer_parse_userinfo(&answer, OPENID, statuses[i], exact_bytes(GOOD, strlen(GOOD)),
			strlen(GOOD));
		expect_nobody(&answer, REASON_BAD_ANSWER, "status");
	}
	answer_parse_token(&answer, 500, exact_bytes("{\"errcode\":-1}", 14), 14);
	expect_nobody(&answer, REASON_BUSY, "-1");
}

static void test_userinfo_confirms_the_openid(void **state)
{
	struct answer answer =
		userinfo("{\"openid\":\"" OPENID "\",\"nickname\":\"\x1b[2J\xff\",\"sex\":\"1\","
			 "\"headimgurl\":\"http:\\/\\/x\",\"privilege\":[]}");

	(void)state;
	assert_int_equal(answer.reason, REASON_NONE);
	assert_string_equal(answer.openid, OPENID);
	assert_string_equal(answer.access_token, "");
	assert_string_equal(answer.advice, "");
}

static void test_userinfo_of_somebody_else_is_refused(void **state)
{
	static const char *const bodies[] = {
		"{\"openid\":\"oLVPpjqs9BhvzwPj5A-vTYAX3GLd\"}",
		"{\"openid\":\"oLVPpjqs9BhvzwPj5A-vTYAX3GL\"}",
		"{\"openid\":\"" OPENID "x\"}",
		"{\"openid\":\"olvppjqs9bhvzwpj5a-vtyax3glc\"}",
		"{\"openid\":\"\"}",
		"{\"nickname\":\"x\"}",
		"{}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct answer answer = userinfo(bodies[i]);

		expect_nobody(&answer, REASON_BAD_ANSWER, bodies[i]);
	}
}

static void test_userinfo_refused_with_48001_is_a_snapshot(void **state)
{
	struct answer answer = userinfo("{\"errcode\":48001,\"errmsg\":\"api unauthorized\"}");

	(void)state;
	expect_nobody(&answer, REASON_SNAPSHOT, "48001");
	assert_int_equal(answer.errcode, 48001);
	answer = token("{\"errcode\":48001,\"errmsg\":\"api unauthorized\"}");
	expect_nobody(&answer, REASON_SETUP, "48001");
	answer = userinfo("{\"errcode\":40003}");
	expect_nobody(&answer, REASON_CODE, "40003");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_good_answer_names_somebody),
		cmocka_unit_test(test_an_error_has_its_class_number_and_rid),
		cmocka_unit_test(test_an_error_beside_an_openid_is_an_error),
		cmocka_unit_test(test_an_errcode_that_is_no_whole_number_is_refused),
		cmocka_unit_test(test_only_a_plain_rid_is_taken),
		cmocka_unit_test(test_any_snapshot_flag_but_zero_is_refused),
		cmocka_unit_test(test_what_is_no_single_object_is_refused),
		cmocka_unit_test(test_every_truncated_body_is_refused),
		cmocka_unit_test(test_a_repeated_name_is_refused),
		cmocka_unit_test(test_a_misshapen_openid_is_refused),
		cmocka_unit_test(test_openids_have_6_to_64_bytes),
		cmocka_unit_test(test_a_nul_in_a_value_is_refused),
		cmocka_unit_test(test_a_nul_in_a_name_is_refused),
		cmocka_unit_test(test_a_nul_behind_the_object_is_refused),
		cmocka_unit_test(test_a_token_is_whatever_a_request_can_carry),
		cmocka_unit_test(test_a_token_that_no_request_carries_is_none),
		cmocka_unit_test(test_odd_escapes_lock_nobody_out),
		cmocka_unit_test(test_deep_nesting_is_refused),
		cmocka_unit_test(test_a_success_comes_with_status_200_alone),
		cmocka_unit_test(test_userinfo_confirms_the_openid),
		cmocka_unit_test(test_userinfo_of_somebody_else_is_refused),
		cmocka_unit_test(test_userinfo_refused_with_48001_is_a_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
