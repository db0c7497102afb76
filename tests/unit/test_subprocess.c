#include "subprocess.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "deadline.h"
#include "unit.h"

static int say_and_wait(int fd, void *context)
{
	(void)context;
	if (write(fd, "said", 4) != 4)
		return 1;
	for (;;)
		(void)pause();
}

static int say(int fd, void *context)
{
	(void)context;
	return write(fd, "said", 4) == 4 ? 7 : 8;
}

static bool is_gone(pid_t pid)
{
	return kill(pid, 0) < 0 && errno == ESRCH;
}

static void test_what_ends_is_heard(void **state)
{
	char output[16];
	int status = 0;

	(void)state;
	assert_int_equal(subprocess_call(say, NULL, output, sizeof(output), &status, 60), 4);
	assert_string_equal(output, "said");
	assert_int_equal(status, 7 << 8);
}

static void test_what_is_not_over_at_the_deadline_is_killed(void **state)
{
	struct subprocess begun;
	char output[16];
	int status = 0;

	(void)state;
	assert_int_equal(subprocess_begin(&begun, say_and_wait, NULL), 0);
	assert_int_equal(subprocess_finish(&begun, output, sizeof(output), &status, deadline_in(0)),
		-ETIMEDOUT);
	assert_true(is_gone(begun.pid));
	/* And is over. */
	assert_int_equal(
		subprocess_finish(&begun, output, sizeof(output), &status, deadline_in(0)), -ESRCH);
	subprocess_end(&begun);
}

static void test_what_nobody_waits_for_is_ended(void **state)
{
	struct subprocess begun;
	pid_t pid;

	(void)state;
	assert_int_equal(subprocess_begin(&begun, say_and_wait, NULL), 0);
	pid = begun.pid;
	subprocess_end(&begun);
	assert_true(is_gone(pid));
	subprocess_end(&begun);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_ends_is_heard),
		cmocka_unit_test(test_what_is_not_over_at_the_deadline_is_killed),
		cmocka_unit_test(test_what_nobody_waits_for_is_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
