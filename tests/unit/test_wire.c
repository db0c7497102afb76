#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "exact.h"
#include "unit.h"

/* The names of the keys, in the order of enum wire_key. */
static const char *const keys[] = {"appid", "secret", "api_url", "other_api_url", "ca_file",
	"proxy", "socket", "scope", "state", "link", "authorize_url", "openids", "pin", "left_ms",
	"until", "user", "host", "occasion", "service", "from", "asker", "origin", "lang", "brand",
	"openid", "nickname", "reason", "errcode", "rid", "detail", "ticket", "code", "version",
	"instance", "login", "phone"};

#define SHOWN " user host occasion service from origin lang"

static const struct row {
	enum wire_verb verb;
	const char *name, *required, *optional;
} rows[] = {
	{WIRE_LOGIN, "LOGIN",
		"appid secret api_url socket scope state link authorize_url openids "
		"left_ms" SHOWN,
		"pin other_api_url ca_file proxy asker brand"},
	{WIRE_VERDICT, "VERDICT?", "", ""},
	{WIRE_HOW_FAR, "PHONE?", "", ""},
	{WIRE_ENDED, "ENDED", "reason", ""},
	{WIRE_READY, "READY", "link", "instance"},
	{WIRE_IDENTITY, "IDENTITY", "openid", "nickname"},
	{WIRE_NAMED, "NAMED", "openid", "nickname"},
	{WIRE_REFUSED, "REFUSED", "reason", "errcode rid detail openid"},
	{WIRE_THIS_FAR, "PHONE", "phone", ""},
	{WIRE_REGISTER, "REGISTER", "state link authorize_url left_ms until" SHOWN,
		"asker brand version phone"},
	{WIRE_RESULT, "RESULT", "ticket reason", "errcode rid pin nickname"},
	{WIRE_LOST, "LOST", "login phone", ""},
	{WIRE_REGISTERED, "REGISTERED", "", "instance"},
	{WIRE_REJECTED, "REJECTED", "reason", "detail"},
	{WIRE_OPENED, "OPENED", "", ""},
	{WIRE_CONTINUED, "CONTINUED", "", ""},
	{WIRE_CODE, "CODE", "ticket code", ""},
	{WIRE_CANCELLED, "CANCELLED", "", ""},
	{WIRE_REPORTED, "REPORTED", "", ""},
};

/* Whether a word stands in a list of words. */
static bool is_in(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = strstr(list, word); at != NULL; at = strstr(at + 1, word)) {
		if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
			return true;
	}
	return false;
}

/* Makes a message that carries the required keys, and the optional ones if they are wanted. */
static struct wire_message make(const struct row *row, bool optional)
{
	struct wire_message message = {.verb = row->verb};

	for (int key = 0; key < WIRE_KEY_COUNT; key++) {
		if (is_in(row->required, keys[key]) ||
			(optional && is_in(row->optional, keys[key])))
			message.value[key] = keys[key];
	}
	return message;
}

static int parse(const char *bytes, size_t length, struct wire_message *message)
{
	return wire_parse(exact_with_end(bytes, length), length, message);
}

static void expect_same(const struct wire_message *a, const struct wire_message *b)
{
	assert_int_equal(a->verb, b->verb);
	for (int key = 0; key < WIRE_KEY_COUNT; key++) {
		if (a->value[key] == NULL)
			assert_null(b->value[key]);
		else
			assert_string_equal(a->value[key], b->value[key]);
	}
}

static void test_the_tables_have_every_verb_and_key(void **state)
{
	(void)state;
	assert_int_equal(COUNT(keys), WIRE_KEY_COUNT);
	assert_int_equal(COUNT(rows), WIRE_VERB_COUNT);
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(rows[i].verb, i);
}

static void test_every_verb_makes_the_round_trip(void **state)
{
	char datagram[WIRE_MESSAGE_MAX + 1];
	struct wire_message parsed;

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(rows); i++) {
		struct wire_message message = make(&rows[i / 2], i % 2 == 1);
		int length = wire_format(&message, datagram);

		assert_true(length > 0);
		assert_int_equal(datagram[length - 1], '\n');
		assert_begins(datagram, rows[i / 2].name);
		assert_int_equal(datagram[strlen(rows[i / 2].name)], '\n');
		assert_int_equal(parse(datagram, (size_t)length, &parsed), 0);
		expect_same(&message, &parsed);
	}
}

static void test_a_missing_key_is_refused(void **state)
{
	char datagram[WIRE_MESSAGE_MAX + 1], bytes[WIRE_MESSAGE_MAX];
	struct wire_message message, parsed;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (int key = 0; key < WIRE_KEY_COUNT; key++) {
			int length;

			if (!is_in(rows[i].required, keys[key]))
				continue;
			message = make(&rows[i], true);
			message.value[key] = NULL;
			assert_int_equal(wire_format(&message, datagram), -EINVAL);
			length = snprintf(bytes, sizeof(bytes), "%s\n", rows[i].name);
			for (int other = 0; other < WIRE_KEY_COUNT; other++) {
				if (message.value[other] != NULL)
					length += snprintf(
						bytes + length, 100, "%s=x\n", keys[other]);
			}
			if (parse(bytes, (size_t)length, &parsed) != -EBADMSG)
				fail_msg("%s without %s was accepted", rows[i].name, keys[key]);
		}
	}
}

static void test_a_needless_key_is_refused(void **state)
{
	char datagram[WIRE_MESSAGE_MAX + 1];
	struct wire_message message, parsed;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (int key = 0; key < WIRE_KEY_COUNT; key++) {
			int length;

			message = make(&rows[i], false);
			if (message.value[key] != NULL || is_in(rows[i].optional, keys[key]))
				continue;
			length = wire_format(&message, datagram);
			assert_true(length > 0);
			length += snprintf(datagram + length, 100, "%s=x\n", keys[key]);
			if (parse(datagram, (size_t)length, &parsed) != -EBADMSG)
				fail_msg("%s with %s was accepted", rows[i].name, keys[key]);
			message.value[key] = "x";
			assert_int_equal(wire_format(&message, datagram), -EINVAL);
		}
	}
}

static void test_a_repeated_key_is_refused(void **state)
{
	char datagram[WIRE_MESSAGE_MAX + 1];
	struct wire_message message, parsed;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (int key = 0; key < WIRE_KEY_COUNT; key++) {
			int length;

			message = make(&rows[i], true);
			if (message.value[key] == NULL)
				continue;
			length = wire_format(&message, datagram);
			length += snprintf(datagram + length, 100, "%s=%s\n", keys[key], keys[key]);
			assert_int_equal(parse(datagram, (size_t)length, &parsed), -EBADMSG);
		}
	}
}

static void test_broken_datagrams_are_refused(void **state)
{
	static const char *const strings[] = {
		"",
		"\n",
		"OPENED",
		"\nOPENED\n",
		"OPENED\n\n",
		"OPENED \n",
		" OPENED\n",
		"opened\n",
		"OPENEDX\n",
		"OPENE\n",
		"OPENED\r\n",
		"HELLO\n",
		"VERDICT\n",
		"READY\nlink\n",
		"READY\nlink=a",
		"READY\n=a\n",
		"READY\nlink =a\n",
		"READY\nLINK=a\n",
		"READY\nlin=a\n",
		"READY\nlinks=a\n",
		"READY\nlink=a\n\n",
		"READY\nlink=%\n",
		"READY\nlink=a%4\n",
		"READY\nlink=%zz\n",
		"READY\nlink=a%00b\n",
		"link=a\nREADY\n",
		"OPENED\nOPENED\n",
		"READY\nunknown=a\nlink=a\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(strings); i++) {
		struct wire_message message;

		if (parse(strings[i], strlen(strings[i]), &message) != -EBADMSG)
			fail_msg("\"%s\" was accepted", strings[i]);
	}
}

static void test_a_nul_is_refused_wherever_it_stands(void **state)
{
	static const char whole[] = "READY\nlink=abc\n";
	struct wire_message message;

	(void)state;
	assert_int_equal(parse(whole, strlen(whole), &message), 0);
	assert_int_equal(parse(whole, sizeof(whole), &message), -EBADMSG);
	for (size_t i = 0; i < strlen(whole); i++) {
		char bytes[sizeof(whole)];

		memcpy(bytes, whole, sizeof(whole));
		bytes[i] = '\0';
		assert_int_equal(parse(bytes, strlen(whole), &message), -EBADMSG);
	}
}

static void test_values_may_hold_anything_but_a_nul(void **state)
{
	char datagram[WIRE_MESSAGE_MAX + 1], value[256];
	struct wire_message message = {.verb = WIRE_IDENTITY}, parsed;
	int length;

	(void)state;
	for (int i = 1; i < 256; i++)
		value[i - 1] = (char)i;
	value[255] = '\0';
	message.value[WIRE_OPENID] = value;
	length = wire_format(&message, datagram);
	assert_true(length > 0);
	assert_int_equal(parse(datagram, (size_t)length, &parsed), 0);
	assert_string_equal(parsed.value[WIRE_OPENID], value);
	message.value[WIRE_OPENID] = "";
	length = wire_format(&message, datagram);
	assert_string_equal(datagram, "IDENTITY\nopenid=\n");
	assert_int_equal(parse(datagram, (size_t)length, &parsed), 0);
	assert_string_equal(parsed.value[WIRE_OPENID], "");
}

static void test_an_equals_sign_may_stand_in_a_value(void **state)
{
	struct wire_message message;

	(void)state;
	assert_int_equal(parse("READY\nlink=a=b\n", 15, &message), 0);
	assert_string_equal(message.value[WIRE_LINK], "a=b");
}

static void test_a_message_has_at_most_8192_bytes(void **state)
{
	static char value[WIRE_MESSAGE_MAX + 1];
	char datagram[WIRE_MESSAGE_MAX + 2];
	size_t room = WIRE_MESSAGE_MAX - strlen("READY\nlink=\n");
	struct wire_message message = {.verb = WIRE_READY}, parsed;

	(void)state;
	memset(value, 'x', room);
	message.value[WIRE_LINK] = value;
	assert_int_equal(wire_format(&message, datagram), WIRE_MESSAGE_MAX);
	assert_int_equal(parse(datagram, WIRE_MESSAGE_MAX, &parsed), 0);
	assert_int_equal(strlen(parsed.value[WIRE_LINK]), room);
	assert_int_equal(wire_format(&message, datagram), WIRE_MESSAGE_MAX);
	datagram[WIRE_MESSAGE_MAX - 1] = 'x';
	datagram[WIRE_MESSAGE_MAX] = '\n';
	assert_int_equal(parse(datagram, WIRE_MESSAGE_MAX + 1, &parsed), -EBADMSG);
	value[room] = 'x';
	assert_int_equal(wire_format(&message, datagram), -ENOSPC);
	/* It is the encoded length that counts. */
	memset(value, '/', room);
	value[room / 3 + 1] = '\0';
	assert_int_equal(wire_format(&message, datagram), -ENOSPC);
}

static void make_pair(int ends[2], int flags)
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0, ends), 0);
}

static void close_pair(const int ends[2])
{
	close(ends[0]);
	close(ends[1]);
}

static void test_a_message_travels_over_a_socket(void **state)
{
	struct wire_message message = make(&rows[WIRE_LOGIN], true);
	struct wire_inbox inbox;
	int ends[2];

	(void)state;
	make_pair(ends, 0);
	assert_int_equal(wire_send(ends[0], &message), 0);
	assert_int_equal(wire_receive(ends[1], &inbox), 0);
	expect_same(&message, &inbox.message);
	close_pair(ends);
}

static void test_an_incomplete_message_is_not_sent(void **state)
{
	struct wire_message message = {.verb = WIRE_READY};
	struct wire_inbox inbox;
	int ends[2];

	(void)state;
	make_pair(ends, SOCK_NONBLOCK);
	assert_int_equal(wire_send(ends[0], &message), -EINVAL);
	assert_int_equal(wire_receive(ends[1], &inbox), -EAGAIN);
	close_pair(ends);
}

static void test_silence_and_a_closed_connection_are_told_apart(void **state)
{
	struct wire_message message = {.verb = WIRE_OPENED};
	struct wire_inbox inbox;
	int ends[2], rv;

	(void)state;
	make_pair(ends, SOCK_NONBLOCK);
	assert_int_equal(wire_receive(ends[0], &inbox), -EAGAIN);
	do {
		rv = wire_send(ends[0], &message);
	} while (rv == 0);
	assert_int_equal(rv, -EAGAIN);
	close(ends[1]);
	/* SIGPIPE would end the test. */
	assert_int_equal(wire_send(ends[0], &message), -ECONNRESET);
	close(ends[0]);
	make_pair(ends, 0);
	close(ends[1]);
	assert_int_equal(wire_receive(ends[0], &inbox), -ECONNRESET);
	close(ends[0]);
	assert_int_equal(wire_send(ends[0], &message), -EBADF);
}

static void test_a_datagram_that_was_cut_off_is_refused(void **state)
{
	static char bytes[WIRE_MESSAGE_MAX + 10];
	struct wire_inbox inbox;
	int ends[2];

	(void)state;
	make_pair(ends, 0);
	/* What the receiver has room for would be a good message. */
	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes, "READY\nlink=", 11);
	bytes[WIRE_MESSAGE_MAX - 1] = '\n';
	assert_int_equal(send(ends[0], bytes, WIRE_MESSAGE_MAX, 0), WIRE_MESSAGE_MAX);
	assert_int_equal(wire_receive(ends[1], &inbox), 0);
	assert_int_equal(send(ends[0], bytes, sizeof(bytes), 0), sizeof(bytes));
	assert_int_equal(wire_receive(ends[1], &inbox), -EBADMSG);
	close_pair(ends);
}

static int lowest_free_descriptor(void)
{
	int fd = fcntl(0, F_DUPFD, 3);

	close(fd);
	return fd;
}

static void test_descriptors_that_come_along_are_not_taken(void **state)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec part = {.iov_base = "OPENED\n", .iov_len = 7};
	struct msghdr header = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.bytes)};
	struct wire_inbox inbox;
	int ends[2], before;

	(void)state;
	make_pair(ends, 0);
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &ends[0], sizeof(int));
	before = lowest_free_descriptor();
	assert_int_equal(sendmsg(ends[0], &header, 0), 7);
	assert_int_equal(wire_receive(ends[1], &inbox), -EBADMSG);
	assert_int_equal(lowest_free_descriptor(), before);
	close_pair(ends);
}

static void test_nothing_of_a_message_is_left_after_wiping(void **state)
{
	struct wire_message message = make(&rows[WIRE_LOGIN], true);
	static const struct wire_inbox nothing;
	struct wire_inbox inbox;
	int ends[2];

	(void)state;
	memset(&inbox, 'x', sizeof(inbox));
	make_pair(ends, 0);
	assert_int_equal(wire_send(ends[0], &message), 0);
	assert_int_equal(wire_receive(ends[1], &inbox), 0);
	wire_inbox_wipe(&inbox);
	assert_memory_equal(&inbox, &nothing, sizeof(inbox));
	close_pair(ends);
}

static void test_a_version_is_a_number_and_the_first_named_none(void **state)
{
	static const struct {
		const char *number;
		int version;
	} cases[] = {{NULL, 1}, {"1", 1}, {"2", 2}, {"2147483647", INT_MAX}, {"0", -EINVAL},
		{"", -EINVAL}, {"-1", -EINVAL}, {"2147483648", -EINVAL}, {"2 ", -EINVAL}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct wire_message message = {.verb = WIRE_REGISTER};

		message.value[WIRE_NUMBER] = cases[i].number;
		if (cases[i].version < 0)
			assert_true(wire_version(&message) < 0);
		else
			assert_int_equal(wire_version(&message), cases[i].version);
	}
}

static void test_the_version_before_is_understood(void **state)
{
	static const char registration[] =
		"REGISTER\nstate=a\nlink=b\nauthorize_url=c\nleft_ms=1\nuntil=d\nuser=e\nhost=f\n"
		"manner=remote\nservice=g\nfrom=h\norigin=i\nlang=en\n";
	struct wire_message message;

	(void)state;
	assert_int_equal(parse(registration, sizeof(registration) - 1, &message), 0);
	assert_int_equal(wire_version(&message), 1);
	assert_string_equal(message.value[WIRE_OCCASION], "remote");
}

static void test_a_newer_registration_is_told_from_a_bad_one(void **state)
{
	static const struct {
		const char *datagram;
		int rv;
	} cases[] = {
		{"REGISTER\nversion=3\n", -EPROTO},
		{"REGISTER\ncolour=red\nversion=3\n", -EPROTO},
		{"REGISTER\nversion=99\ncolour=red\n", -EPROTO},
		{"REGISTER\nversion=2\ncolour=red\n", -EBADMSG},
		{"REGISTER\nversion=3\nversion=3\n", -EBADMSG},
		{"REGISTER\nversion=three\n", -EBADMSG},
		{"REGISTER\nversion\n", -EBADMSG},
		{"RESULT\nversion=3\n", -EBADMSG},
		{"HELLO\nversion=3\n", -EBADMSG},
	};
	struct wire_message message;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(
			parse(cases[i].datagram, strlen(cases[i].datagram), &message), cases[i].rv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_version_is_a_number_and_the_first_named_none),
		cmocka_unit_test(test_the_version_before_is_understood),
		cmocka_unit_test(test_a_newer_registration_is_told_from_a_bad_one),
		cmocka_unit_test(test_the_tables_have_every_verb_and_key),
		cmocka_unit_test(test_every_verb_makes_the_round_trip),
		cmocka_unit_test(test_a_missing_key_is_refused),
		cmocka_unit_test(test_a_needless_key_is_refused),
		cmocka_unit_test(test_a_repeated_key_is_refused),
		cmocka_unit_test(test_broken_datagrams_are_refused),
		cmocka_unit_test(test_a_nul_is_refused_wherever_it_stands),
		cmocka_unit_test(test_values_may_hold_anything_but_a_nul),
		cmocka_unit_test(test_an_equals_sign_may_stand_in_a_value),
		cmocka_unit_test(test_a_message_has_at_most_8192_bytes),
		cmocka_unit_test(test_a_message_travels_over_a_socket),
		cmocka_unit_test(test_an_incomplete_message_is_not_sent),
		cmocka_unit_test(test_silence_and_a_closed_connection_are_told_apart),
		cmocka_unit_test(test_a_datagram_that_was_cut_off_is_refused),
		cmocka_unit_test(test_descriptors_that_come_along_are_not_taken),
		cmocka_unit_test(test_nothing_of_a_message_is_left_after_wiping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
