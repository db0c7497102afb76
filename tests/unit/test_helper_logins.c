#include "logins.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "details.h"
#include "login.h"
#include "unit.h"

/* Logins of which the tables need no more than names. */
static struct login *make_login(int number, const char *origin)
{
	struct login *login = calloc(1, sizeof(*login));

	assert_non_null(login);
	TAILQ_INIT(&login->tickets);
	snprintf(login->id, sizeof(login->id), "link%08u", (unsigned int)number % 100000000);
	snprintf(login->state, sizeof(login->state), "%032d", number);
	login->by_link.key = login->id;
	login->by_state.key = login->state;
	login->origin_name = strdup(origin);
	login->details = calloc(1, sizeof(*login->details));
	assert_non_null(login->details);
	return login;
}

static struct login *add(struct logins *logins, int number, const char *origin)
{
	struct login *login = make_login(number, origin);

	assert_int_equal(logins_add(logins, login), 0);
	return login;
}

static void drop(struct logins *logins, struct login *login)
{
	logins_remove(logins, login);
	login_free(&login);
}

static void test_found_by_link_and_state_while_it_is_there(void **state)
{
	struct logins logins;
	struct login *login;

	(void)state;
	assert_int_equal(logins_init(&logins, 100), 0);
	login = add(&logins, 1, "a");
	assert_ptr_equal(logins_find_link(&logins, login->id), login);
	assert_ptr_equal(logins_find_state(&logins, login->state), login);
	assert_null(logins_find_link(&logins, login->state));
	assert_int_equal(logins.count, 1);
	logins_remove(&logins, login);
	assert_null(logins_find_link(&logins, login->id));
	assert_null(logins_find_state(&logins, login->state));
	assert_int_equal(logins.count, 0);
	assert_int_equal(logins.origins.count, 0);
	/* A second time changes nothing. */
	logins_remove(&logins, login);
	assert_int_equal(logins.count, 0);
	login_free(&login);
	logins_finish(&logins);
}

static void test_a_living_link_or_state_is_not_replaced(void **state)
{
	struct login *thief = make_login(2, "b");
	struct logins logins;
	struct login *login;

	(void)state;
	assert_int_equal(logins_init(&logins, 100), 0);
	login = add(&logins, 1, "a");
	memcpy(thief->id, login->id, sizeof(thief->id));
	assert_int_equal(logins_add(&logins, thief), -EEXIST);
	snprintf(thief->id, sizeof(thief->id), "link00000002");
	memcpy(thief->state, login->state, sizeof(thief->state));
	assert_int_equal(logins_add(&logins, thief), -EEXIST);
	assert_ptr_equal(logins_find_state(&logins, login->state), login);
	assert_int_equal(logins.count, 1);
	assert_int_equal(logins.origins.count, 1);
	login_free(&thief);
	drop(&logins, login);
	logins_finish(&logins);
}

static void test_the_oldest_of_a_full_origin_is_in_excess(void **state)
{
	struct login *all[LOGINS_PER_ORIGIN];
	struct logins logins;
	struct login *other;

	(void)state;
	assert_int_equal(logins_init(&logins, 100), 0);
	other = add(&logins, 99, "b");
	for (int i = 0; i < LOGINS_PER_ORIGIN; i++) {
		assert_null(logins_find_excess(&logins, "a"));
		all[i] = add(&logins, i, "a");
	}
	assert_ptr_equal(logins_find_excess(&logins, "a"), all[0]);
	assert_null(logins_find_excess(&logins, "b"));
	assert_null(logins_find_excess(&logins, "c"));
	drop(&logins, all[0]);
	assert_null(logins_find_excess(&logins, "a"));
	all[0] = add(&logins, 50, "a");
	assert_ptr_equal(logins_find_excess(&logins, "a"), all[1]);
	for (int i = 0; i < LOGINS_PER_ORIGIN; i++)
		drop(&logins, all[i]);
	drop(&logins, other);
	logins_finish(&logins);
}

static void test_the_oldest_of_the_busiest_origin_is_in_excess_of_all(void **state)
{
	struct logins logins;
	struct login *quiet, *busy[3];

	(void)state;
	assert_int_equal(logins_init(&logins, 4), 0);
	quiet = add(&logins, 1, "quiet");
	for (int i = 0; i < 3; i++)
		busy[i] = add(&logins, 10 + i, "busy");
	assert_ptr_equal(logins_find_excess(&logins, "new"), busy[0]);
	assert_ptr_equal(logins_find_excess(&logins, "quiet"), busy[0]);
	/* The limit was lowered meanwhile: more than one has to go. */
	logins.limit = 2;
	drop(&logins, busy[0]);
	assert_ptr_equal(logins_find_excess(&logins, "new"), busy[1]);
	drop(&logins, busy[1]);
	/* One each: whoever came to that count first. */
	assert_ptr_equal(logins_find_excess(&logins, "new"), quiet);
	drop(&logins, quiet);
	assert_null(logins_find_excess(&logins, "new"));
	drop(&logins, busy[2]);
	logins_finish(&logins);
}

static void test_only_what_somebody_won_is_remembered(void **state)
{
	struct logins logins;
	struct login *won, *lost, *reported, *again;
	const struct finished_login *finished_login;

	(void)state;
	assert_int_equal(logins_init(&logins, 10), 0);
	won = add(&logins, 1, "a");
	lost = add(&logins, 2, "a");
	reported = add(&logins, 3, "a");
	assert_int_equal(login_admit(won, &won->winner), 0);
	assert_int_equal(login_admit(reported, &reported->winner), 0);
	login_report(reported);
	again = make_login(1, "b");
	logins_remove(&logins, won);
	logins_remove(&logins, lost);
	logins_remove(&logins, reported);
	finished_login = finished_find_link(&logins.finished, won->id);
	assert_non_null(finished_login);
	assert_ptr_equal(finished_find_state(&logins.finished, won->state), finished_login);
	assert_true(finished_is_winner(finished_login, won->winner->cookie));
	assert_false(finished_is_winner(finished_login, won->winner->token));
	assert_false(finished_is_winner(finished_login, NULL));
	assert_false(finished_is_winner(finished_login, ""));
	assert_null(finished_find_link(&logins.finished, lost->id));
	assert_null(finished_find_link(&logins.finished, reported->id));
	/* Registered anew: what was remembered is replaced. */
	assert_int_equal(logins_add(&logins, again), 0);
	assert_null(finished_find_link(&logins.finished, again->id));
	assert_null(finished_find_state(&logins.finished, again->state));
	drop(&logins, again);
	login_free(&won);
	login_free(&lost);
	login_free(&reported);
	logins_finish(&logins);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found_by_link_and_state_while_it_is_there),
		cmocka_unit_test(test_a_living_link_or_state_is_not_replaced),
		cmocka_unit_test(test_the_oldest_of_a_full_origin_is_in_excess),
		cmocka_unit_test(test_the_oldest_of_the_busiest_origin_is_in_excess_of_all),
		cmocka_unit_test(test_only_what_somebody_won_is_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
