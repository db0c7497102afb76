#include "exchange.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "deadline.h"
#include "folder.h"
#include "problem.h"
#include "seqpacket.h"
#include "unit.h"
#include "wire.h"

/* The exchange of one login in a process of its own; the test is its module and its helper. */
static struct folder folder;
static pid_t process;
static int module, listener, helper;
static struct wire_inbox inbox;
static const struct wire_message *const message = &inbox.message;

static int set_up(void **state)
{
	struct problem problem = {""};
	int ends[2];

	(void)state;
	folder_create(&folder);
	listener = seqpacket_listen(folder_path(&folder, "sock"), (gid_t)-1, &problem);
	assert_true(listener >= 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	process = fork();
	assert_true(process >= 0);
	if (process == 0) {
		close(ends[0]);
		close(listener);
		alarm(20);
		(void)exchange_run(ends[1]);
		_exit(0);
	}
	close(ends[1]);
	module = ends[0];
	helper = -1;
	return 0;
}

static int tear_down(void **state)
{
	struct wire_message ended = {.verb = WIRE_ENDED, .value = {[WIRE_REASON] = "interrupted"}};
	int status = 0;

	(void)state;
	/* Without it the helper is to be told, and waited for. */
	(void)wire_send(module, &ended);
	close(module);
	if (helper >= 0)
		close(helper);
	close(listener);
	assert_int_equal(waitpid(process, &status, 0), process);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	folder_remove(&folder);
	return 0;
}

static void receive(int fd)
{
	assert_int_equal(deadline_poll(deadline_in(5000), fd, POLLIN), 0);
	assert_int_equal(wire_receive(fd, &inbox), 0);
}

static void send_verb(int fd, enum wire_verb verb)
{
	const struct wire_message bare = {.verb = verb};

	assert_int_equal(wire_send(fd, &bare), 0);
}

static struct wire_message make_login(void)
{
	struct wire_message login = {.verb = WIRE_LOGIN,
		.value = {[WIRE_APPID] = "wx0123456789abcdef",
			[WIRE_SECRET] = "0123456789abcdef",
			[WIRE_API_URL] = "https://127.0.0.1:1",
			[WIRE_SCOPE] = "snsapi_base",
			[WIRE_STATE] = "0123456789abcdef0123456789abcdef",
			[WIRE_LINK] = "https://login.example/l/Ab3dE9xYzQ01",
			[WIRE_AUTHORIZE_URL] = "https://open.example/a?b=c#d",
			[WIRE_OPENIDS] = "oAlice0000",
			[WIRE_PIN] = "0470",
			[WIRE_LEFT_MS] = "15000",
			[WIRE_USER] = "alice",
			[WIRE_HOST] = "web1",
			[WIRE_OCCASION] = "remote",
			[WIRE_SERVICE] = "sshd",
			[WIRE_FROM] = "203.0.113.7",
			[WIRE_ORIGIN] = "203.0.113.7",
			[WIRE_LANG] = "en"}};

	login.value[WIRE_SOCKET] = folder_path(&folder, "sock");
	return login;
}

static void send_login(void)
{
	const struct wire_message login = make_login();

	assert_int_equal(wire_send(module, &login), 0);
}

/* Takes the exchange's next connection to the helper, with its REGISTER. */
static void accept_registration(void)
{
	assert_int_equal(deadline_poll(deadline_in(5000), listener, POLLIN), 0);
	helper = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(helper >= 0);
	receive(helper);
	assert_int_equal(message->verb, WIRE_REGISTER);
}

static void begin(void)
{
	send_login();
	accept_registration();
	send_verb(helper, WIRE_REGISTERED);
	receive(module);
	assert_int_equal(message->verb, WIRE_READY);
}

static void reject(const char *reason)
{
	struct wire_message rejection = {.verb = WIRE_REJECTED};

	rejection.value[WIRE_REASON] = reason;
	assert_int_equal(wire_send(helper, &rejection), 0);
	/* It closes the connection when it has understood. */
	assert_int_equal(deadline_poll(deadline_in(5000), helper, POLLIN), 0);
	assert_int_equal(wire_receive(helper, &inbox), -ECONNRESET);
}

static void expect_refused(const char *reason)
{
	receive(module);
	assert_int_equal(message->verb, WIRE_REFUSED);
	assert_string_equal(message->value[WIRE_REASON], reason);
}

static void test_ready_comes_after_registered(void **state)
{
	(void)state;
	send_login();
	accept_registration();
	assert_string_equal(message->value[WIRE_STATE], "0123456789abcdef0123456789abcdef");
	assert_string_equal(message->value[WIRE_LINK], "https://login.example/l/Ab3dE9xYzQ01");
	assert_string_equal(message->value[WIRE_AUTHORIZE_URL], "https://open.example/a?b=c#d");
	assert_string_equal(message->value[WIRE_USER], "alice");
	assert_int_equal(deadline_poll(deadline_in(100), module, POLLIN), -ETIMEDOUT);
	send_verb(helper, WIRE_REGISTERED);
	receive(module);
	assert_int_equal(message->verb, WIRE_READY);
	assert_string_equal(message->value[WIRE_LINK], "https://login.example/l/Ab3dE9xYzQ01");
}

static void test_at_first_the_verdict_is_nobody(void **state)
{
	(void)state;
	begin();
	send_verb(module, WIRE_VERDICT);
	expect_refused("nobody");
}

static void test_a_rejection_before_ready_is_told_at_once(void **state)
{
	(void)state;
	send_login();
	accept_registration();
	reject("full");
	expect_refused("full");
}

static void test_a_rejection_after_ready_is_the_verdict(void **state)
{
	(void)state;
	begin();
	reject("full");
	send_verb(module, WIRE_VERDICT);
	expect_refused("full");
}

/* The helper faces the Internet: whatever it says, a refusal never sounds like a success. */
static void test_a_rejection_for_no_reason_is_no_success(void **state)
{
	(void)state;
	begin();
	reject("none");
	send_verb(module, WIRE_VERDICT);
	expect_refused("internal");
}

static void test_a_rejection_for_no_reason_before_ready_is_no_success(void **state)
{
	(void)state;
	send_login();
	accept_registration();
	reject("none");
	expect_refused("internal");
}

static void test_a_report_is_the_verdict(void **state)
{
	(void)state;
	begin();
	send_verb(helper, WIRE_REPORTED);
	/* Two sockets: what the module asks must not overtake the report. */
	assert_int_equal(usleep(100000), 0);
	send_verb(module, WIRE_VERDICT);
	expect_refused("reported");
}

static void test_a_restarted_helper_hears_of_the_login_again(void **state)
{
	(void)state;
	begin();
	close(helper);
	accept_registration();
	assert_string_equal(message->value[WIRE_STATE], "0123456789abcdef0123456789abcdef");
	send_verb(helper, WIRE_REGISTERED);
	/* READY is said once. */
	assert_int_equal(deadline_poll(deadline_in(100), module, POLLIN), -ETIMEDOUT);
}

static void test_a_helper_that_speaks_out_of_turn_is_left(void **state)
{
	(void)state;
	send_login();
	accept_registration();
	send_verb(helper, WIRE_REPORTED);
	assert_int_equal(deadline_poll(deadline_in(5000), helper, POLLIN), 0);
	assert_int_equal(wire_receive(helper, &inbox), -ECONNRESET);
	close(helper);
	accept_registration();
	send_verb(helper, WIRE_REGISTERED);
	receive(module);
	assert_int_equal(message->verb, WIRE_READY);
	send_verb(module, WIRE_VERDICT);
	expect_refused("nobody");
}

/* What waited at the old connection means nothing to the new one. */
static void test_a_result_goes_to_the_helper_that_asked_alone(void **state)
{
	struct wire_message code = {
		.verb = WIRE_CODE, .value = {[WIRE_TICKET] = "7", [WIRE_CODE_VALUE] = "A"}};

	(void)state;
	begin();
	assert_int_equal(wire_send(helper, &code), 0);
	send_verb(helper, WIRE_REGISTERED);
	for (;;) {
		assert_int_equal(deadline_poll(deadline_in(5000), helper, POLLIN), 0);
		if (wire_receive(helper, &inbox) == -ECONNRESET)
			break;
	}
	close(helper);
	accept_registration();
	send_verb(helper, WIRE_REGISTERED);
	assert_int_equal(deadline_poll(deadline_in(500), helper, POLLIN), -ETIMEDOUT);
}

static void test_a_code_that_cannot_be_exchanged_has_its_reason(void **state)
{
	struct wire_message code = {
		.verb = WIRE_CODE, .value = {[WIRE_TICKET] = "7", [WIRE_CODE_VALUE] = "A"}};

	(void)state;
	begin();
	assert_int_equal(wire_send(helper, &code), 0);
	receive(helper);
	assert_int_equal(message->verb, WIRE_RESULT);
	assert_string_equal(message->value[WIRE_TICKET], "7");
	assert_string_equal(message->value[WIRE_REASON], "unreachable");
	assert_null(message->value[WIRE_PIN]);
	send_verb(module, WIRE_VERDICT);
	expect_refused("unreachable");
}

static void test_without_a_helper_the_login_is_refused(void **state)
{
	(void)state;
	close(listener);
	send_login();
	expect_refused("helper");
	listener = -1;
}

static void test_what_is_no_login_ends_it(void **state)
{
	(void)state;
	send_verb(module, WIRE_VERDICT);
	assert_int_equal(deadline_poll(deadline_in(5000), module, POLLIN), 0);
	assert_int_equal(wire_receive(module, &inbox), -ECONNRESET);
}

static void expect_end(const struct wire_message *login)
{
	assert_int_equal(wire_send(module, login), 0);
	assert_int_equal(deadline_poll(deadline_in(5000), module, POLLIN), 0);
	assert_int_equal(wire_receive(module, &inbox), -ECONNRESET);
}

static void test_an_enrolment_has_digits(void **state)
{
	struct wire_message login = make_login();

	(void)state;
	login.value[WIRE_OCCASION] = "enroll";
	login.value[WIRE_OPENIDS] = "";
	login.value[WIRE_PIN] = NULL;
	expect_end(&login);
}

static void test_an_enrolment_has_no_list(void **state)
{
	struct wire_message login = make_login();

	(void)state;
	login.value[WIRE_OCCASION] = "enroll";
	expect_end(&login);
}

static void test_the_helper_hears_that_it_is_an_enrolment(void **state)
{
	struct wire_message login = make_login();

	(void)state;
	login.value[WIRE_OCCASION] = "enroll";
	login.value[WIRE_OPENIDS] = "";
	assert_int_equal(wire_send(module, &login), 0);
	accept_registration();
	assert_string_equal(message->value[WIRE_OCCASION], "enroll");
	assert_null(message->value[WIRE_PIN]);
}

static void test_it_ends_with_the_module(void **state)
{
	(void)state;
	begin();
	assert_int_equal(shutdown(module, SHUT_RDWR), 0);
	assert_int_equal(deadline_poll(deadline_in(5000), helper, POLLIN), 0);
	assert_int_equal(wire_receive(helper, &inbox), -ECONNRESET);
}

/* The helper may be told of one that knows its name and how far the phone came. */
static void expect_lost(const char *phone)
{
	assert_int_equal(deadline_poll(deadline_in(5000), listener, POLLIN), 0);
	close(helper);
	helper = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(helper >= 0);
	receive(helper);
	assert_int_equal(message->verb, WIRE_LOST);
	assert_string_equal(message->value[WIRE_NAME], "Ab3dE9");
	assert_string_equal(message->value[WIRE_PHONE], phone);
}

static void expect_phone(const char *phone)
{
	send_verb(module, WIRE_HOW_FAR);
	receive(module);
	assert_int_equal(message->verb, WIRE_THIS_FAR);
	assert_string_equal(message->value[WIRE_PHONE], phone);
}

static void begin_one_that_expires(const char *occasion)
{
	struct wire_message login = make_login();

	login.value[WIRE_OCCASION] = occasion;
	login.value[WIRE_LEFT_MS] = "2000";
	if (strcmp(occasion, "enroll") == 0)
		login.value[WIRE_OPENIDS] = "";
	assert_int_equal(wire_send(module, &login), 0);
	accept_registration();
	send_verb(helper, WIRE_REGISTERED);
	receive(module);
	assert_int_equal(message->verb, WIRE_READY);
}

static void test_it_says_how_far_a_phone_came(void **state)
{
	(void)state;
	begin();
	expect_phone("none");
	send_verb(helper, WIRE_OPENED);
	send_verb(helper, WIRE_CONTINUED);
	expect_phone("continued");
	send_verb(helper, WIRE_CANCELLED);
	expect_phone("returned");
	send_verb(helper, WIRE_OPENED);
	expect_phone("returned");
}

static void test_a_restarted_helper_hears_how_far_a_phone_came(void **state)
{
	(void)state;
	begin();
	send_verb(helper, WIRE_CONTINUED);
	close(helper);
	accept_registration();
	assert_string_equal(message->value[WIRE_PHONE], "continued");
}

static void test_after_its_time_it_waits_for_the_module(void **state)
{
	(void)state;
	begin_one_that_expires("remote");
	send_verb(helper, WIRE_OPENED);
	receive(helper);
	assert_int_equal(message->verb, WIRE_ENDED);
	assert_string_equal(message->value[WIRE_REASON], "expired");
	assert_int_equal(wire_receive(helper, &inbox), -ECONNRESET);
	send_verb(module, WIRE_VERDICT);
	expect_refused("expired");
	expect_phone("opened");
}

static void test_a_module_that_dies_after_its_time_is_told_of(void **state)
{
	(void)state;
	begin_one_that_expires("remote");
	receive(helper);
	assert_int_equal(shutdown(module, SHUT_RDWR), 0);
	expect_lost("none");
}

static void test_a_module_that_dies_after_a_rejection_is_told_of(void **state)
{
	(void)state;
	begin();
	send_verb(helper, WIRE_OPENED);
	reject("full");
	assert_int_equal(shutdown(module, SHUT_RDWR), 0);
	expect_lost("opened");
}

static void test_a_module_that_dies_without_a_helper_is_told_of_later(void **state)
{
	struct problem problem = {""};
	char away[] = "away";

	(void)state;
	begin();
	assert_int_equal(rename(folder_path(&folder, "sock"), folder_path(&folder, away)), 0);
	close(helper);
	helper = -1;
	/* It has seen that the helper is gone: its answers come after that. */
	send_verb(module, WIRE_VERDICT);
	expect_refused("nobody");
	assert_int_equal(shutdown(module, SHUT_RDWR), 0);
	close(listener);
	listener = seqpacket_listen(folder_path(&folder, "sock"), (gid_t)-1, &problem);
	assert_true(listener >= 0);
	expect_lost("none");
}

/* Who enrols signs nobody in: nothing is told, and nothing waited for. */
static void test_an_enrolment_is_over_when_its_time_is(void **state)
{
	(void)state;
	begin_one_that_expires("enroll");
	assert_int_equal(deadline_poll(deadline_in(5000), helper, POLLIN), 0);
	assert_int_equal(wire_receive(helper, &inbox), -ECONNRESET);
	assert_int_equal(wire_receive(module, &inbox), -ECONNRESET);
}

#define ANEW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ANEW(test_ready_comes_after_registered),
		ANEW(test_at_first_the_verdict_is_nobody),
		ANEW(test_a_rejection_before_ready_is_told_at_once),
		ANEW(test_a_rejection_after_ready_is_the_verdict),
		ANEW(test_a_rejection_for_no_reason_is_no_success),
		ANEW(test_a_rejection_for_no_reason_before_ready_is_no_success),
		ANEW(test_a_report_is_the_verdict),
		ANEW(test_a_restarted_helper_hears_of_the_login_again),
		ANEW(test_a_helper_that_speaks_out_of_turn_is_left),
		ANEW(test_a_result_goes_to_the_helper_that_asked_alone),
		ANEW(test_a_code_that_cannot_be_exchanged_has_its_reason),
		ANEW(test_without_a_helper_the_login_is_refused),
		ANEW(test_what_is_no_login_ends_it),
		ANEW(test_an_enrolment_has_digits),
		ANEW(test_an_enrolment_has_no_list),
		ANEW(test_the_helper_hears_that_it_is_an_enrolment),
		ANEW(test_it_ends_with_the_module),
		ANEW(test_it_says_how_far_a_phone_came),
		ANEW(test_a_restarted_helper_hears_how_far_a_phone_came),
		ANEW(test_after_its_time_it_waits_for_the_module),
		ANEW(test_a_module_that_dies_after_its_time_is_told_of),
		ANEW(test_a_module_that_dies_after_a_rejection_is_told_of),
		ANEW(test_a_module_that_dies_without_a_helper_is_told_of_later),
		ANEW(test_an_enrolment_is_over_when_its_time_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
