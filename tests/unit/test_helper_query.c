#include "query.h"

#include <errno.h>

#include "exact.h"
#include "unit.h"

static void test_parameters(void **state)
{
	static const struct {
		const char *query;
		int rv;
		const char *value;
	} rows[] = {
		{"code=abc", 3, "abc"}, {"state=x&code=abc&y", 3, "abc"}, {"code=", 0, ""},
		{"code", 0, ""}, {"", -ENOENT, ""}, {"xcode=a&codex=b&Code=c", -ENOENT, ""},
		{"code=a%2Db+c", 5, "a-b c"}, {"code=a=b", 3, "a=b"},
		{"code=a&code=a", -EINVAL, NULL}, {"code&code", -EINVAL, NULL},
		{"code=%", -EINVAL, NULL}, {"code=%4", -EINVAL, NULL}, {"code=%zz", -EINVAL, NULL},
		{"code=%00", -EINVAL, NULL}, {"code=a%0ab", -EINVAL, NULL},
		{"code=a%7f", -EINVAL, NULL}, {"code=1234567", 7, "1234567"},
		{"code=12345678", -ENOSPC, NULL},
		{"code=%31%32%33", -ENOSPC, NULL}, /* judged before it is decoded */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char value[8];

		assert_int_equal(query_get(exact_bytes(rows[i].query, strlen(rows[i].query)),
					 strlen(rows[i].query), "code", value, sizeof(value)),
			rows[i].rv);
		if (rows[i].value != NULL)
			assert_string_equal(value, rows[i].value);
	}
}

static void test_nothing_past_the_length_is_read(void **state)
{
	char value[8];

	(void)state;
	assert_int_equal(query_get(exact_bytes("code=abc", 7), 7, "code", value, sizeof(value)), 2);
	assert_string_equal(value, "ab");
	assert_int_equal(
		query_get(exact_bytes("code=abc", 3), 3, "code", value, sizeof(value)), -ENOENT);
	assert_int_equal(
		query_get(exact_bytes("code=a\0b", 8), 8, "code", value, sizeof(value)), -EINVAL);
	assert_int_equal(
		query_cookie(exact_bytes("a=b; c=d", 4), 4, "c", value, sizeof(value)), -ENOENT);
}

static void test_cookies(void **state)
{
	static const struct {
		const char *header;
		int rv;
		const char *value;
	} rows[] = {
		{"c=1", 1, "1"},
		{"a=b; c=1; d=e", 1, "1"},
		{"a=b;c=1", 1, "1"},
		{"a=b;\t c=1", 1, "1"},
		{"c=", 0, ""},
		{"c=a=b", 3, "a=b"},
		{"", -ENOENT, ""},
		{"c", -ENOENT, ""},
		{"cc=1; C=2; xc=3", -ENOENT, ""},
		{"c=1; c=1", -EINVAL, NULL},
		{"c=12345678", -ENOSPC, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char value[8];

		assert_int_equal(query_cookie(exact_bytes(rows[i].header, strlen(rows[i].header)),
					 strlen(rows[i].header), "c", value, sizeof(value)),
			rows[i].rv);
		if (rows[i].value != NULL)
			assert_string_equal(value, rows[i].value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_nothing_past_the_length_is_read),
		cmocka_unit_test(test_cookies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
