#include "deadline.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

static void test_the_clock_runs_forward(void **state)
{
	int64_t before = deadline_now();

	(void)state;
	assert_true(before > 0);
	assert_int_equal(usleep(5000), 0);
	assert_true(deadline_now() >= before + 5);
}

/* Whoever sets the time of day must neither prolong a login nor end it. */
static void test_the_clock_is_one_that_nobody_sets(void **state)
{
	struct timespec now;
	int64_t before;

	(void)state;
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	before = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	assert_in_range(deadline_now(), before, before + 1000);
}

static void test_what_is_left_shrinks_to_nothing(void **state)
{
	struct deadline deadline = deadline_in(20);

	(void)state;
	assert_in_range(deadline_left(deadline), 1, 20);
	assert_int_equal(usleep(25000), 0);
	assert_int_equal(deadline_left(deadline), 0);
	assert_int_equal(deadline_left(deadline_in(-1000)), 0);
	assert_int_equal(deadline_left((struct deadline){0}), 0);
}

static void test_what_is_left_fits_into_an_int(void **state)
{
	(void)state;
	assert_int_equal(deadline_left(deadline_in((int64_t)INT_MAX * 1000)), INT_MAX);
}

static void test_a_wait_ends_at_the_deadline(void **state)
{
	int64_t before = deadline_now();
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(deadline_poll(deadline_in(30), ends[0], POLLIN), -ETIMEDOUT);
	assert_in_range(deadline_now() - before, 29, 2000);
	/* One that has passed does not wait at all, nor does it miss what is there. */
	assert_int_equal(deadline_poll(deadline_in(-1), ends[0], POLLIN), -ETIMEDOUT);
	assert_int_equal(deadline_poll(deadline_in(-1), ends[1], POLLOUT), 0);
	close(ends[0]);
	close(ends[1]);
}

static void test_a_wait_ends_with_the_event_or_hang_up(void **state)
{
	int ends[2];
	char byte;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(deadline_poll(deadline_in(5000), ends[0], POLLIN), 0);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[1]);
	assert_int_equal(deadline_poll(deadline_in(5000), ends[0], POLLIN), 0);
	close(ends[0]);
}

static void ignore(int number)
{
	(void)number;
}

static void test_an_interrupted_wait_goes_on(void **state)
{
	const struct itimerval soon = {.it_interval = {0, 10000}, .it_value = {0, 10000}};
	const struct itimerval never = {{0, 0}, {0, 0}};
	struct sigaction action = {.sa_handler = ignore}, old;
	int64_t before = deadline_now();
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(sigaction(SIGALRM, &action, &old), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	assert_int_equal(deadline_poll(deadline_in(60), ends[0], POLLIN), -ETIMEDOUT);
	assert_in_range(deadline_now() - before, 59, 2000);
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	assert_int_equal(sigaction(SIGALRM, &old, NULL), 0);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_clock_runs_forward),
		cmocka_unit_test(test_the_clock_is_one_that_nobody_sets),
		cmocka_unit_test(test_what_is_left_shrinks_to_nothing),
		cmocka_unit_test(test_what_is_left_fits_into_an_int),
		cmocka_unit_test(test_a_wait_ends_at_the_deadline),
		cmocka_unit_test(test_a_wait_ends_with_the_event_or_hang_up),
		cmocka_unit_test(test_an_interrupted_wait_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
