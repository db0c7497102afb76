#include "address.h"

#include <errno.h>
#include <stdlib.h>

#include "exact.h"
#include "unit.h"

static struct in6_addr address(const char *string)
{
	struct address_range address_range;

	assert_int_equal(address_range_parse(exact(string), &address_range), 0);
	assert_int_equal(address_range.bits, 128);
	return address_range.address;
}

static void test_networks(void **state)
{
	static const struct {
		const char *address_range, *address;
		bool inside;
	} rows[] = {
		{"10.0.0.0/8", "10.255.1.2", true},
		{"10.0.0.0/8", "11.0.0.1", false},
		{"10.1.2.3", "10.1.2.3", true},
		{"10.1.2.3", "10.1.2.4", false},
		{"192.168.4.0/22", "192.168.7.255", true},
		{"192.168.4.0/22", "192.168.8.0", false},
		{"0.0.0.0/0", "203.0.113.1", true},
		{"0.0.0.0/0", "2001:db8::1", false},
		{"fd00::/8", "fdff::1", true},
		{"fd00::/8", "fe00::1", false},
		/* IPv4 is trusted by networks of IPv4 alone. */
		{"::/0", "203.0.113.1", false},
		{"::/0", "2001:db8::1", true},
		{"::/64", "10.0.0.1", false},
		{"::/80", "10.0.0.1", false},
		{"::ffff:0:0/96", "203.0.113.1", true},
		{"::ffff:10.0.0.0/104", "10.1.2.3", true},
		{"::ffff:10.0.0.0/104", "11.1.2.3", false},
		{"::1", "::1", true},
		{"127.0.0.0/8", "::ffff:127.0.0.1", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct in6_addr one = address(rows[i].address);
		struct address_range address_range;

		assert_int_equal(
			address_range_parse(exact(rows[i].address_range), &address_range), 0);
		assert_int_equal(address_range_contains(&address_range, &one), rows[i].inside);
	}
}

static void test_bad_networks(void **state)
{
	static const char *const rows[] = {"", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1",
		"10.0.0.0/8x", "10.0.0/8", "::/129", "localhost", "/8", " 10.0.0.1", "fd00::/8/8",
		"10.0.0.0/000008"};
	struct address_range address_range;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(address_range_parse(exact(rows[i]), &address_range), -EINVAL);
	assert_int_equal(address_range_parse(exact("::ffff:10.0.0.0/8"), &address_range), -ERANGE);
	assert_int_equal(address_range_parse(exact("::ffff:0:0/95"), &address_range), -ERANGE);
	assert_int_equal(
		address_range_parse(exact("::ffff:192.168.1.0/24"), &address_range), -ERANGE);
}

static void test_the_client_behind_proxies(void **state)
{
	static const struct {
		const char *peer, *forwarded, *client;
	} rows[] = {
		{"203.0.113.1", "198.51.100.1", "203.0.113.1"},
		{"10.0.0.1", NULL, "10.0.0.1"},
		{"10.0.0.1", "", "10.0.0.1"},
		{"10.0.0.1", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.1", "1.2.3.4, 198.51.100.1", "198.51.100.1"},
		{"10.0.0.1", "198.51.100.1 ,\t10.0.0.2", "198.51.100.1"},
		{"10.0.0.1", "10.0.0.3,10.0.0.2", "10.0.0.3"},
		{"10.0.0.1", "1.2.3.4,junk", "10.0.0.1"},
		{"10.0.0.1", "1.2.3.4,,10.0.0.2", "10.0.0.2"},
		{"10.0.0.1", "1.2.3.4:80", "1.2.3.4"},
		{"10.0.0.1", "1.2.3.4:0, 10.0.0.2:65535", "1.2.3.4"},
		{"10.0.0.1", "[2001:db8::1]:443", "2001:db8::1"},
		{"10.0.0.1", "[2001:db8::1]", "2001:db8::1"},
		{"10.0.0.1", "\"[2001:db8::1]:443\", \"10.0.0.2\"", "2001:db8::1"},
		{"10.0.0.1", "\"1.2.3.4\"", "1.2.3.4"},
		{"10.0.0.1", "\"1.2.3.4:80\"", "1.2.3.4"},
		{"10.0.0.1", "[::ffff:1.2.3.4]:80", "1.2.3.4"},
		{"10.0.0.1", "::ffff:1.2.3.4", "1.2.3.4"},
		{"10.0.0.1", "fe80::1%eth0", "fe80::1"},
		{"10.0.0.1", "[fe80::1%eth0]:80", "fe80::1"},
		/* These are none: whoever says so is charged. */
		{"10.0.0.1", "1.2.3.4:", "10.0.0.1"},
		{"10.0.0.1", "1.2.3.4:65536", "10.0.0.1"},
		{"10.0.0.1", "1.2.3.4:80:80", "10.0.0.1"},
		{"10.0.0.1", "1.2.3.4%eth0", "10.0.0.1"},
		{"10.0.0.1", "[1.2.3.4]:80", "10.0.0.1"},
		{"10.0.0.1", "[2001:db8::1", "10.0.0.1"},
		{"10.0.0.1", "[2001:db8::1]443", "10.0.0.1"},
		{"10.0.0.1", "[2001:db8::1]:", "10.0.0.1"},
		{"10.0.0.1", "[]", "10.0.0.1"},
		{"10.0.0.1", "\"\"", "10.0.0.1"},
		{"10.0.0.1", "\"1.2.3.4", "10.0.0.1"},
		{"10.0.0.1", "\"", "10.0.0.1"},
		{"10.0.0.1", ":", "10.0.0.1"},
		{"10.0.0.1", "unknown", "10.0.0.1"},
		{"10.0.0.1", "2001:db8::1", "2001:db8::1"},
		{"10.0.0.1",
			"0000000000000000000000000000000000000000000000000000000000000000000000000"
			"1",
			"10.0.0.1"},
	};
	struct address_range trusted;

	(void)state;
	assert_int_equal(address_range_parse(exact("10.0.0.0/8"), &trusted), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct in6_addr peer = address(rows[i].peer);
		struct in6_addr client;
		char shown[INET6_ADDRSTRLEN];

		size_t length = rows[i].forwarded == NULL ? 0 : strlen(rows[i].forwarded);
		/* Of its exact size, so that a byte beyond it is found. */
		char *copy = malloc(length + (length == 0));

		assert_non_null(copy);
		if (length > 0)
			memcpy(copy, rows[i].forwarded, length);
		address_find_client(&trusted, 1, &peer, copy, length, &client);
		free(copy);
		address_show(&client, shown);
		assert_string_equal(shown, rows[i].client);
	}
}

static void test_loopback(void **state)
{
	struct in6_addr one;

	(void)state;
	one = address("127.8.9.1");
	assert_true(address_is_loopback(&one));
	one = address("::1");
	assert_true(address_is_loopback(&one));
	one = address("128.0.0.1");
	assert_false(address_is_loopback(&one));
	one = address("::2");
	assert_false(address_is_loopback(&one));
}

static void test_where_to_listen(void **state)
{
	static const char *const bad[] = {"", "8080", ":8080", "127.0.0.1",
		"127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "localhost:80", "::1:80", "[::1]",
		"[::1:80", "[127.0.0.1]:80", "127.0.0.1:80 "};
	struct sockaddr_storage socket;
	socklen_t length;

	(void)state;
	assert_int_equal(address_parse_listen(exact("127.0.0.1:8080"), &socket, &length), 0);
	assert_int_equal(socket.ss_family, AF_INET);
	assert_int_equal(ntohs(((struct sockaddr_in *)(void *)&socket)->sin_port), 8080);
	assert_int_equal(address_parse_listen(exact("[::1]:0"), &socket, &length), 0);
	assert_int_equal(socket.ss_family, AF_INET6);
	assert_int_equal(length, sizeof(struct sockaddr_in6));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(address_parse_listen(exact(bad[i]), &socket, &length), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_bad_networks),
		cmocka_unit_test(test_the_client_behind_proxies),
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_where_to_listen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
