#include "logins.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "crowd.h"
#include "details.h"
#include "login.h"
#include "unit.h"

#define ORIGIN_LIMIT 16

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

/* A browser of this address opens it. */
static void open_at(struct login *login, const char *address)
{
	struct in6_addr client;

	assert_int_equal(inet_pton(AF_INET6, address, &client), 1);
	login_count_at(login, &client);
}

/* A browser approves it and brings a code. */
static struct ticket *ask_about(struct login *login)
{
	struct browser *browser = NULL;
	struct ticket *ticket = NULL;

	assert_int_equal(login_admit(login, &browser), 0);
	assert_int_equal(login_issue_ticket(login, browser, 1, &ticket), 0);
	return ticket;
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
	assert_int_equal(logins_init(&logins, 100, ORIGIN_LIMIT), 0);
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
	assert_int_equal(logins.crowds.count, 0);
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
	assert_int_equal(logins_init(&logins, 100, ORIGIN_LIMIT), 0);
	login = add(&logins, 1, "a");
	memcpy(thief->id, login->id, sizeof(thief->id));
	assert_int_equal(logins_add(&logins, thief), -EEXIST);
	snprintf(thief->id, sizeof(thief->id), "link00000002");
	memcpy(thief->state, login->state, sizeof(thief->state));
	assert_int_equal(logins_add(&logins, thief), -EEXIST);
	assert_ptr_equal(logins_find_state(&logins, login->state), login);
	assert_int_equal(logins.count, 1);
	assert_int_equal(logins.origins.count, 1);
	assert_int_equal(logins.crowds.count, 1);
	login_free(&thief);
	drop(&logins, login);
	logins_finish(&logins);
}

static void test_the_oldest_of_a_full_origin_is_in_excess(void **state)
{
	struct login *all[ORIGIN_LIMIT];
	struct logins logins;
	struct login *other;

	(void)state;
	assert_int_equal(logins_init(&logins, 100, ORIGIN_LIMIT), 0);
	other = add(&logins, 99, "b");
	for (int i = 0; i < ORIGIN_LIMIT; i++) {
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
	for (int i = 0; i < ORIGIN_LIMIT; i++)
		drop(&logins, all[i]);
	drop(&logins, other);
	logins_finish(&logins);
}

/* Fills an origin but for one place, each login opened at the next of `count` addresses. */
static void fill(struct logins *logins, struct login **all, int count)
{
	for (int i = 0; i < ORIGIN_LIMIT - 1; i++) {
		char address[32];

		all[i] = add(logins, 100 + i, "a");
		if (count > 0) {
			snprintf(address, sizeof(address), "::ffff:192.0.2.%d", i % count);
			open_at(all[i], address);
		}
	}
}

static void test_the_largest_crowd_of_a_full_origin_loses_its_oldest(void **state)
{
	static const int addresses[] = {0, 1, 2, 7, ORIGIN_LIMIT - 2};

	(void)state;
	for (size_t i = 0; i < COUNT(addresses); i++) {
		struct login *all[ORIGIN_LIMIT - 1], *victim;
		struct logins logins;

		assert_int_equal(logins_init(&logins, 100, ORIGIN_LIMIT), 0);
		victim = add(&logins, 1, "a");
		fill(&logins, all, addresses[i]);
		/* Unopened it is the oldest of the largest crowd, where nobody has opened any. */
		assert_ptr_equal(logins_find_excess(&logins, "a"), i == 0 ? victim : all[0]);
		open_at(victim, "::ffff:203.0.113.1");
		assert_ptr_equal(logins_find_excess(&logins, "a"), all[0]);
		/* Elsewhere it is one of a large crowd, and here of none. */
		for (int other = 0; other < 20; other++) {
			char origin[16];

			snprintf(origin, sizeof(origin), "b%d", other);
			open_at(add(&logins, 200 + other, origin), "::ffff:203.0.113.1");
		}
		assert_ptr_equal(logins_find_excess(&logins, "a"), all[0]);
		while (!TAILQ_EMPTY(&logins.oldest_first))
			drop(&logins, TAILQ_FIRST(&logins.oldest_first));
		assert_int_equal(logins.crowds.count, 0);
		logins_finish(&logins);
	}
}

static void test_as_many_addresses_as_places_leave_age_alone(void **state)
{
	struct login *all[ORIGIN_LIMIT - 1], *victim;
	struct logins logins;

	(void)state;
	assert_int_equal(logins_init(&logins, 100, ORIGIN_LIMIT), 0);
	victim = add(&logins, 1, "a");
	fill(&logins, all, ORIGIN_LIMIT - 1);
	open_at(victim, "::ffff:203.0.113.1");
	assert_ptr_equal(logins_find_excess(&logins, "a"), victim);
	/* One network of IPv6 is one address. */
	open_at(all[3], "2001:db8:1:2::1");
	open_at(all[4], "2001:db8:1:2:ffff::1");
	assert_ptr_equal(logins_find_excess(&logins, "a"), all[3]);
	open_at(all[4], "2001:db8:1:3::1");
	assert_ptr_equal(logins_find_excess(&logins, "a"), victim);
	/* It counts where it was opened last. */
	open_at(all[8], "::ffff:192.0.2.9");
	assert_ptr_equal(logins_find_excess(&logins, "a"), all[8]);
	while (!TAILQ_EMPTY(&logins.oldest_first))
		drop(&logins, TAILQ_FIRST(&logins.oldest_first));
	logins_finish(&logins);
}

static void test_one_that_is_being_finished_goes_last(void **state)
{
	struct login *all[ORIGIN_LIMIT - 1], *victim;
	struct ticket *ticket;
	struct logins logins;

	(void)state;
	assert_int_equal(logins_init(&logins, 100, ORIGIN_LIMIT), 0);
	victim = add(&logins, 1, "a");
	fill(&logins, all, ORIGIN_LIMIT - 1);
	open_at(victim, "::ffff:203.0.113.1");
	ticket = ask_about(victim);
	assert_ptr_equal(logins_find_excess(&logins, "a"), all[0]);
	/* The answer was no. */
	login_drop_ticket(victim, ticket);
	assert_ptr_equal(logins_find_excess(&logins, "a"), victim);
	login_win(victim, &victim->browsers[0], "1234", NULL);
	assert_ptr_equal(logins_find_excess(&logins, "a"), all[0]);
	/* All of them are: the same rule chooses among them. */
	for (int i = 0; i < ORIGIN_LIMIT - 1; i++)
		(void)ask_about(all[i]);
	assert_ptr_equal(logins_find_excess(&logins, "a"), victim);
	open_at(all[9], "::ffff:192.0.2.8");
	assert_ptr_equal(logins_find_excess(&logins, "a"), all[8]);
	/* One that was reported is nobody's any more. */
	login_report(all[2]);
	assert_ptr_equal(logins_find_excess(&logins, "a"), all[2]);
	while (!TAILQ_EMPTY(&logins.oldest_first))
		drop(&logins, TAILQ_FIRST(&logins.oldest_first));
	logins_finish(&logins);
}

static void test_the_oldest_of_the_busiest_origin_is_in_excess_of_all(void **state)
{
	struct logins logins;
	struct login *quiet, *busy[3];

	(void)state;
	assert_int_equal(logins_init(&logins, 4, ORIGIN_LIMIT), 0);
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
	assert_ptr_equal(logins_find_excess(&logins, "new"), quiet);
	drop(&logins, quiet);
	assert_null(logins_find_excess(&logins, "new"));
	drop(&logins, busy[2]);
	logins_finish(&logins);
}

/* Ten logins of `origins` origins, opened at `addresses` addresses; 0: nobody opens them. */
static void flood(struct logins *logins, int origins, int addresses)
{
	for (int i = 0; i < 10; i++) {
		char origin[32], address[32];
		struct login *login;

		snprintf(origin, sizeof(origin), "flood%d", i % origins);
		login = add(logins, 100 + i, origin);
		if (addresses > 0) {
			snprintf(address, sizeof(address), "::ffff:192.0.2.%d", i % addresses);
			open_at(login, address);
		}
	}
}

static void test_nobody_goes_for_one_who_lacks_origins_or_addresses(void **state)
{
	static const struct {
		int origins, addresses;
		bool is_opened; /* the victim's, which is the oldest, at an address of its own */
		bool goes;
	} cases[] = {
		{10, 0, true, false}, /* many origins, and nothing opened */
		{10, 1, true, false},
		{10, 3, true, false},
		{2, 10, true, false}, /* many addresses */
		{2, 10, false, false},
		{5, 5, false, false},
		{10, 10, true, true}, /* as many of both as there are places */
		{10, 0, false, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct logins logins;
		struct login *victim;

		assert_int_equal(logins_init(&logins, 11, ORIGIN_LIMIT), 0);
		victim = add(&logins, 1, "victim");
		if (cases[i].is_opened)
			open_at(victim, "::ffff:203.0.113.1");
		flood(&logins, cases[i].origins, cases[i].addresses);
		assert_int_equal(logins_find_excess(&logins, "new") == victim, cases[i].goes);
		/* Of a busy origin, too. */
		if (cases[i].is_opened && !cases[i].goes) {
			struct login *colleague = add(&logins, 2, "victim");

			open_at(colleague, "::ffff:203.0.113.2");
			assert_ptr_not_equal(logins_find_excess(&logins, "new"), victim);
			assert_ptr_not_equal(logins_find_excess(&logins, "new"), colleague);
		}
		(void)ask_about(victim);
		assert_ptr_not_equal(logins_find_excess(&logins, "new"), victim);
		while (!TAILQ_EMPTY(&logins.oldest_first))
			drop(&logins, TAILQ_FIRST(&logins.oldest_first));
		logins_finish(&logins);
	}
}

static void test_only_what_somebody_won_is_remembered(void **state)
{
	struct logins logins;
	struct login *won, *lost, *reported, *again;
	const struct finished_login *finished_login;

	(void)state;
	assert_int_equal(logins_init(&logins, 10, ORIGIN_LIMIT), 0);
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
		cmocka_unit_test(test_the_largest_crowd_of_a_full_origin_loses_its_oldest),
		cmocka_unit_test(test_as_many_addresses_as_places_leave_age_alone),
		cmocka_unit_test(test_one_that_is_being_finished_goes_last),
		cmocka_unit_test(test_nobody_goes_for_one_who_lacks_origins_or_addresses),
		cmocka_unit_test(test_the_oldest_of_the_busiest_origin_is_in_excess_of_all),
		cmocka_unit_test(test_only_what_somebody_won_is_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
