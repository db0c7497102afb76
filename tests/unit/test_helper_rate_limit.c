#include "rate_limit.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "unit.h"

#define NOW INT64_C(1000000)
#define STRANGER NULL
#define LOGIN "Ab3dE9fgHIJ0"

static struct in6_addr address_of(const char *string)
{
	struct in6_addr address;

	assert_int_equal(inet_pton(AF_INET6, string, &address), 1);
	return address;
}

static int setup(void **state)
{
	static struct rate_limit rate_limit;

	*state = &rate_limit;
	return rate_limit_init(&rate_limit);
}

static int teardown(void **state)
{
	rate_limit_finish(*state);
	return 0;
}

/* How many of so many requests at one moment are allowed. */
static int ask(struct rate_limit *rate_limit, const char *string, const char *id, int64_t now_ms,
	int requests)
{
	struct in6_addr address = address_of(string);
	int allowed = 0;

	for (int i = 0; i < requests; i++)
		allowed += rate_limit_charge(rate_limit, &address, id, now_ms);
	return allowed;
}

static void test_a_stranger_has_his_burst_and_then_his_rate(void **state)
{
	const char *here = "::ffff:203.0.113.7";

	assert_int_equal(ask(*state, here, STRANGER, NOW, 1000), RATE_LIMIT_STRANGERS_BURST);
	assert_int_equal(ask(*state, here, STRANGER, NOW + RATE_LIMIT_STRANGERS_MS - 1, 1), 0);
	assert_int_equal(ask(*state, here, STRANGER, NOW + RATE_LIMIT_STRANGERS_MS, 5), 1);
	assert_int_equal(ask(*state, here, STRANGER, NOW + 1000 + RATE_LIMIT_STRANGERS_MS, 50), 10);
}

static void test_a_login_has_its_burst_and_then_its_rate(void **state)
{
	const char *here = "::ffff:203.0.113.7";

	assert_int_equal(ask(*state, here, LOGIN, NOW, 1000), RATE_LIMIT_LOGIN_BURST);
	assert_int_equal(ask(*state, here, LOGIN, NOW + RATE_LIMIT_LOGIN_MS - 1, 1), 0);
	assert_int_equal(ask(*state, here, LOGIN, NOW + RATE_LIMIT_LOGIN_MS, 5), 1);
	assert_int_equal(ask(*state, here, LOGIN, NOW + 1000 + RATE_LIMIT_LOGIN_MS, 50), 5);
}

static void test_what_is_refused_costs_nothing(void **state)
{
	const char *here = "::ffff:203.0.113.7";

	(void)ask(*state, here, STRANGER, NOW, RATE_LIMIT_STRANGERS_BURST);
	for (int64_t ms = 0; ms < RATE_LIMIT_STRANGERS_MS; ms++)
		assert_int_equal(ask(*state, here, STRANGER, NOW + ms, 100), 0);
	assert_int_equal(ask(*state, here, STRANGER, NOW + RATE_LIMIT_STRANGERS_MS, 100), 1);
}

static void test_after_a_pause_there_is_no_more_than_one_burst(void **state)
{
	const char *here = "::ffff:203.0.113.7";

	(void)ask(*state, here, STRANGER, NOW, 1000);
	assert_int_equal(
		ask(*state, here, STRANGER, NOW + 86400000, 1000), RATE_LIMIT_STRANGERS_BURST);
}

static void test_logins_strangers_and_addresses_do_not_touch_each_other(void **state)
{
	(void)ask(*state, "::ffff:203.0.113.7", STRANGER, NOW, 1000);
	(void)ask(*state, "::ffff:203.0.113.7", LOGIN, NOW, 1000);
	assert_int_equal(ask(*state, "::ffff:203.0.113.7", "Ab3dE9fgHIJ1", NOW, 1), 1);
	assert_int_equal(ask(*state, "::ffff:203.0.113.8", LOGIN, NOW, 1), 1);
	assert_int_equal(ask(*state, "::ffff:203.0.113.8", STRANGER, NOW, 1), 1);
	assert_int_equal(ask(*state, "::ffff:203.0.113.7", STRANGER, NOW, 1), 0);
	assert_int_equal(ask(*state, "::ffff:203.0.113.7", LOGIN, NOW, 1), 0);
}

static void test_ipv6_counts_by_network(void **state)
{
	(void)ask(*state, "2001:db8:1:2::1", STRANGER, NOW, 1000);
	assert_int_equal(ask(*state, "2001:db8:1:2:ffff:ffff:ffff:ffff", STRANGER, NOW, 1), 0);
	assert_int_equal(ask(*state, "2001:db8:1:3::1", STRANGER, NOW, 1), 1);
	assert_int_equal(ask(*state, "2001:db8:1:2::7", LOGIN, NOW, 1), 1);
}

/* However many are new: a place is found for each, and the table stays as large as it is. */
static void test_whoever_is_whole_soonest_gives_way(void **state)
{
	const char *flooder = "::ffff:203.0.113.7";
	char string[INET6_ADDRSTRLEN];

	(void)ask(*state, flooder, STRANGER, NOW, 1000);
	for (int i = 0; i < 20 * RATE_LIMIT_ENTRIES; i++) {
		snprintf(string, sizeof(string), "2001:db8:%x:%x::1", i >> 16, i & 0xffff);
		assert_int_equal(ask(*state, string, STRANGER, NOW, 1), 1);
	}
	assert_int_equal(ask(*state, flooder, STRANGER, NOW, 1), 0);
	/* One of those who gave way has lost nothing by it. */
	assert_int_equal(
		ask(*state, "2001:db8::1", STRANGER, NOW, 1000), RATE_LIMIT_STRANGERS_BURST);
}

static void test_the_table_is_small(void **state)
{
	(void)state;
	assert_true(RATE_LIMIT_ENTRIES * sizeof(struct rate_limit_entry) <= 128 * 1024);
}

static void test_each_table_has_its_own_seed(void **state)
{
	struct rate_limit *rate_limit = *state;
	struct rate_limit other;

	assert_int_equal(rate_limit_init(&other), 0);
	assert_memory_not_equal(rate_limit->seed, other.seed, sizeof(other.seed));
	rate_limit_finish(&other);
}

static void test_the_log_is_told_once_in_ten_seconds(void **state)
{
	assert_true(rate_limit_tell(*state, NOW));
	assert_false(rate_limit_tell(*state, NOW + 1));
	assert_false(rate_limit_tell(*state, NOW + 9999));
	assert_true(rate_limit_tell(*state, NOW + 10000));
	assert_false(rate_limit_tell(*state, NOW + 10001));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_stranger_has_his_burst_and_then_his_rate),
		TEST(test_a_login_has_its_burst_and_then_its_rate),
		TEST(test_what_is_refused_costs_nothing),
		TEST(test_after_a_pause_there_is_no_more_than_one_burst),
		TEST(test_logins_strangers_and_addresses_do_not_touch_each_other),
		TEST(test_ipv6_counts_by_network),
		TEST(test_whoever_is_whole_soonest_gives_way),
		TEST(test_the_table_is_small),
		TEST(test_each_table_has_its_own_seed),
		TEST(test_the_log_is_told_once_in_ten_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
