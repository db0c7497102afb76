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

static void remember(struct memory *memory, int number)
{
	struct browser winner = {.cookie = "0123456789abcdef0123456789abcdef"};
	struct login login = won(number);

	login.winner = &winner;
	memory_add(memory, &login);
}

static void test_it_is_forgotten_after_a_minute(void **state)
{
	struct login first = won(1), second = won(2);
	struct memory memory;

	(void)state;
	assert_int_equal(memory_init(&memory, 10), 0);
	remember(&memory, 1);
	remember(&memory, 2);
	assert_in_range(deadline_left(TAILQ_FIRST(&memory.oldest_first)->deadline), 59000, 60000);
	TAILQ_FIRST(&memory.oldest_first)->deadline = deadline_in(-1);
	assert_null(memory_find_link(&memory, first.id));
	assert_null(memory_find_state(&memory, first.state));
	assert_non_null(memory_find_link(&memory, second.id));
	assert_int_equal(memory.by_link.count, 1);
	assert_int_equal(memory.by_state.count, 1);
	memory_finish(&memory);
}

static void test_the_oldest_is_forgotten_over_the_limit(void **state)
{
	struct memory memory;

	(void)state;
	assert_int_equal(memory_init(&memory, 2), 0);
	for (int i = 1; i <= 3; i++)
		remember(&memory, i);
	assert_null(memory_find_link(&memory, won(1).id));
	assert_non_null(memory_find_link(&memory, won(2).id));
	assert_non_null(memory_find_state(&memory, won(3).state));
	assert_int_equal(memory.by_link.count, 2);
	memory_finish(&memory);
}

static void test_one_record_for_one_link_or_state(void **state)
{
	struct memory memory;

	(void)state;
	assert_int_equal(memory_init(&memory, 10), 0);
	remember(&memory, 1);
	remember(&memory, 1);
	assert_int_equal(memory.by_link.count, 1);
	remember(&memory, 2);
	/* A login that has the link of one and the state of the other. */
	memory_forget(&memory, won(1).id, won(2).state);
	assert_int_equal(memory.by_link.count, 0);
	assert_int_equal(memory.by_state.count, 0);
	memory_finish(&memory);
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
