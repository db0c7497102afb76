#include "finished.h"

#include <stdio.h>

#include "unit.h"

static struct login won(int number)
{
	struct login login = {.language = LANGUAGE_EN};

	snprintf(login.id, sizeof(login.id), "link%08u", (unsigned int)number % 100000000);
	snprintf(login.state, sizeof(login.state), "%032d", number);
	return login;
}

static void remember(struct finished *finished, int number)
{
	struct browser winner = {.cookie = "0123456789abcdef0123456789abcdef"};
	struct login login = won(number);

	login.winner = &winner;
	finished_add(finished, &login);
}

static void test_it_is_forgotten_after_a_minute(void **state)
{
	struct login first = won(1), second = won(2);
	struct finished finished;

	(void)state;
	assert_int_equal(finished_init(&finished, 10), 0);
	remember(&finished, 1);
	remember(&finished, 2);
	assert_in_range(deadline_left(TAILQ_FIRST(&finished.oldest_first)->deadline), 59000, 60000);
	TAILQ_FIRST(&finished.oldest_first)->deadline = deadline_in(-1);
	assert_null(finished_find_link(&finished, first.id));
	assert_null(finished_find_state(&finished, first.state));
	assert_non_null(finished_find_link(&finished, second.id));
	assert_int_equal(finished.by_link.count, 1);
	assert_int_equal(finished.by_state.count, 1);
	finished_finish(&finished);
}

static void test_the_oldest_is_forgotten_over_the_limit(void **state)
{
	struct finished finished;

	(void)state;
	assert_int_equal(finished_init(&finished, 2), 0);
	for (int i = 1; i <= 3; i++)
		remember(&finished, i);
	assert_null(finished_find_link(&finished, won(1).id));
	assert_non_null(finished_find_link(&finished, won(2).id));
	assert_non_null(finished_find_state(&finished, won(3).state));
	assert_int_equal(finished.by_link.count, 2);
	finished_finish(&finished);
}

static void test_one_record_for_one_link_or_state(void **state)
{
	struct finished finished;

	(void)state;
	assert_int_equal(finished_init(&finished, 10), 0);
	remember(&finished, 1);
	remember(&finished, 1);
	assert_int_equal(finished.by_link.count, 1);
	remember(&finished, 2);
	/* A login that has the link of one and the state of the other. */
	finished_forget(&finished, won(1).id, won(2).state);
	assert_int_equal(finished.by_link.count, 0);
	assert_int_equal(finished.by_state.count, 0);
	finished_finish(&finished);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_is_forgotten_after_a_minute),
		cmocka_unit_test(test_the_oldest_is_forgotten_over_the_limit),
		cmocka_unit_test(test_one_record_for_one_link_or_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
