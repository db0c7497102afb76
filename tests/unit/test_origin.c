#include "origin.h"

#include "exact.h"
#include "unit.h"

static const char *choose(const char *rhost, const char *connection, const char *tty, uid_t uid)
{
	static char origin[ORIGIN_SIZE];
	const struct origin_facts facts = {exact(rhost), exact(connection), exact(tty), uid};

	memset(origin, 'x', sizeof(origin));
	origin_choose(&facts, origin);
	assert_non_null(memchr(origin, '\0', sizeof(origin)));
	return origin;
}

static void test_a_remote_address_is_its_origin(void **state)
{
	static const struct {
		const char *rhost, *origin;
	} rows[] = {
		{"192.0.2.7", "192.0.2.7"},
		{"127.0.0.1", "127.0.0.1"},
		{"::ffff:192.0.2.7", "192.0.2.7"},
		{"::FFFF:c000:207", "192.0.2.7"},
		{"2001:db8::1", "2001:db8::"},
		{"2001:db8:0:0:1:2:3:4", "2001:db8::"},
		{"2001:db8:0:1::1", "2001:db8:0:1::"},
		{"fe80::1%eth0", "fe80::"},
		{"fe80::2%a-very-long-zone", "fe80::"},
		{"2001:db8::1%", "2001:db8::"},
		{"::1", "::1"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(choose(rows[i].rhost, NULL, "ssh", 0), rows[i].origin);
}

static void test_who_has_only_a_name_shares_with_those_alone(void **state)
{
	static const char *const names[] = {"host.example", "UNKNOWN", " ", "?", "192.0.2",
		"1.2.3.4.5", "192.0.2.7 ", "192.0.2.7%eth0", "::ffff:192.0.2.7.example", "%eth0",
		"uid:0", "tty:tty1"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		assert_string_equal(choose(names[i], NULL, "tty1", 0), "name");
}

static void test_sshd_s_word_counts_where_it_names_a_host(void **state)
{
	(void)state;
	assert_string_equal(
		choose("host.example", "203.0.113.9 50022 192.0.2.1 22", "ssh", 0), "203.0.113.9");
	assert_string_equal(choose("", "fe80::9%eth0 50022 fe80::1%eth0 22", "ssh", 0), "fe80::");
	assert_string_equal(
		choose("192.0.2.7", "203.0.113.9 50022 192.0.2.1 22", "ssh", 0), "192.0.2.7");
	assert_string_equal(choose("host.example", "", "ssh", 0), "name");
	assert_string_equal(
		choose("host.example", "UNKNOWN 65535 UNKNOWN 65535", "ssh", 0), "name");
}

static void test_each_terminal_of_the_machine_has_its_own(void **state)
{
	char longest[80];

	(void)state;
	assert_string_equal(choose("", NULL, "/dev/tty1", 0), "tty:/dev/tty1");
	assert_string_equal(choose("", NULL, "tty2", 0), "tty:tty2");
	assert_string_equal(choose("", NULL, "", 0), "uid:0");
	memset(longest, 't', sizeof(longest));
	longest[59] = '\0';
	assert_int_equal(strlen(choose("", NULL, longest, 0)), 63);
	longest[59] = 't';
	longest[60] = '\0';
	assert_string_equal(choose("", NULL, longest, 0), "uid:0");
}

static void test_users_of_the_machine_have_their_own(void **state)
{
	(void)state;
	assert_string_equal(choose("", NULL, "pts/3", 1003), "uid:1003");
	assert_string_equal(choose("", NULL, "/dev/tty1", (uid_t)-2), "uid:4294967294");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_remote_address_is_its_origin),
		cmocka_unit_test(test_who_has_only_a_name_shares_with_those_alone),
		cmocka_unit_test(test_sshd_s_word_counts_where_it_names_a_host),
		cmocka_unit_test(test_each_terminal_of_the_machine_has_its_own),
		cmocka_unit_test(test_users_of_the_machine_have_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
