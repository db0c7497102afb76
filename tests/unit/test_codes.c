#include "codes.h"

#include "deadline.h"
#include "exact.h"
#include "text.h"
#include "token.h"
#include "unit.h"

static struct codes codes;

static int set_up(void **state)
{
	(void)state;
	codes_init(&codes);
	return 0;
}

static void add(const char *ticket, const char *value)
{
	assert_int_equal(codes_add(&codes, exact(ticket), exact(value)), REASON_NOBODY);
}

static void expect_start(const char *value)
{
	const struct code *code = codes_start_next(&codes);

	assert_non_null(code);
	assert_string_equal(code->value, value);
}

static void expect_nothing_to_start(void)
{
	assert_null(codes_start_next(&codes));
}

static void finish(enum reason reason)
{
	codes_finish_current(&codes, reason, "", "");
}

/* Exchanges a code that was added, start to end. */
static void exchange(const char *value, enum reason reason)
{
	expect_start(value);
	finish(reason);
}

static void expect_settled(const char *number, const char *value, enum reason expected)
{
	const struct code *code = NULL;
	enum reason reason = REASON_COUNT;
	struct ticket ticket;

	assert_true(codes_take_settled(&codes, &ticket, &code, &reason));
	assert_string_equal(ticket.number, number);
	assert_string_equal(code->value, value);
	assert_int_equal(reason, expected);
}

static void expect_nothing_settled(void)
{
	const struct code *code = NULL;
	enum reason reason;
	struct ticket ticket;

	assert_false(codes_take_settled(&codes, &ticket, &code, &reason));
}

static void expect_verdict(enum reason reason, const char *value)
{
	const struct code *code = (const struct code *)(const void *)&codes;

	assert_int_equal(codes_verdict(&codes, &code), reason);
	if (value == NULL)
		assert_null(code);
	else
		assert_string_equal(code->value, value);
}

static void test_at_first_there_is_nobody(void **state)
{
	(void)state;
	expect_verdict(REASON_NOBODY, NULL);
	expect_nothing_to_start();
	expect_nothing_settled();
	finish(REASON_NONE);
	expect_verdict(REASON_NOBODY, NULL);
}

static void test_one_code_is_exchanged_and_its_callback_answered(void **state)
{
	(void)state;
	add("7", "A");
	expect_nothing_settled();
	expect_start("A");
	expect_nothing_to_start();
	expect_nothing_settled();
	expect_verdict(REASON_ASKING, NULL);
	finish(REASON_NONE);
	expect_settled("7", "A", REASON_NONE);
	expect_nothing_settled();
	expect_nothing_to_start();
	expect_verdict(REASON_NONE, "A");
}

static void test_second_callback_in_flight_gets_the_same_result(void **state)
{
	(void)state;
	add("1", "A");
	expect_start("A");
	add("2", "A");
	expect_nothing_to_start();
	finish(REASON_NONE);
	expect_settled("1", "A", REASON_NONE);
	expect_settled("2", "A", REASON_NONE);
	expect_nothing_settled();
	expect_nothing_to_start();
}

static void test_second_callback_before_the_exchange_gets_the_same_result(void **state)
{
	(void)state;
	add("1", "A");
	add("2", "A");
	exchange("A", REASON_NOT_LINKED);
	expect_settled("1", "A", REASON_NOT_LINKED);
	expect_settled("2", "A", REASON_NOT_LINKED);
	expect_nothing_to_start();
}

static void test_second_callback_after_the_exchange_gets_the_same_result(void **state)
{
	(void)state;
	add("1", "A");
	exchange("A", REASON_NONE);
	expect_settled("1", "A", REASON_NONE);
	for (int i = 0; i < 100; i++) {
		add("2", "A");
		expect_settled("2", "A", REASON_NONE);
	}
	expect_nothing_to_start();
}

static void test_a_code_that_failed_is_not_exchanged_again(void **state)
{
	(void)state;
	add("1", "A");
	exchange("A", REASON_CODE);
	expect_settled("1", "A", REASON_CODE);
	add("2", "A");
	expect_nothing_to_start();
	expect_settled("2", "A", REASON_CODE);
}

static void test_two_codes_are_exchanged_one_after_the_other(void **state)
{
	(void)state;
	add("1", "A");
	add("2", "B");
	expect_start("A");
	expect_nothing_to_start();
	finish(REASON_CODE);
	expect_settled("1", "A", REASON_CODE);
	expect_nothing_settled();
	expect_start("B");
	finish(REASON_NONE);
	expect_settled("2", "B", REASON_NONE);
	expect_verdict(REASON_NONE, "B");
}

static void test_the_second_of_two_codes_is_not_looked_at_after_a_match(void **state)
{
	(void)state;
	add("1", "A");
	add("2", "B");
	exchange("A", REASON_NONE);
	expect_nothing_to_start();
	expect_settled("1", "A", REASON_NONE);
	expect_settled("2", "B", REASON_NOBODY);
	expect_verdict(REASON_NONE, "A");
}

static void test_a_code_that_comes_after_a_match_is_not_looked_at(void **state)
{
	(void)state;
	add("1", "A");
	exchange("A", REASON_NONE);
	expect_settled("1", "A", REASON_NONE);
	add("2", "B");
	expect_nothing_to_start();
	expect_settled("2", "B", REASON_NOBODY);
	expect_verdict(REASON_NONE, "A");
}

static void test_a_failed_code_bars_nothing(void **state)
{
	static const enum reason failures[] = {REASON_NOT_LINKED, REASON_SNAPSHOT, REASON_RISK,
		REASON_CODE, REASON_BUSY, REASON_SETUP, REASON_UNREACHABLE, REASON_BAD_ANSWER,
		REASON_INTERNAL};

	(void)state;
	for (size_t i = 0; i < COUNT(failures); i++) {
		codes_init(&codes);
		add("1", "A");
		exchange("A", failures[i]);
		expect_verdict(failures[i], "A");
		add("2", "B");
		exchange("B", REASON_NONE);
		expect_settled("1", "A", failures[i]);
		expect_settled("2", "B", REASON_NONE);
		expect_verdict(REASON_NONE, "B");
	}
}

static void test_a_fourth_code_is_too_many(void **state)
{
	(void)state;
	add("1", "A");
	exchange("A", REASON_CODE);
	add("2", "B");
	exchange("B", REASON_NOT_LINKED);
	add("3", "C");
	assert_int_equal(codes_add(&codes, exact("4"), exact("D")), REASON_TOO_MANY);
	exchange("C", REASON_SNAPSHOT);
	assert_int_equal(codes_add(&codes, exact("5"), exact("D")), REASON_TOO_MANY);
	expect_nothing_to_start();
	/* The three still have their results. */
	add("6", "B");
	expect_settled("1", "A", REASON_CODE);
	expect_settled("2", "B", REASON_NOT_LINKED);
	expect_settled("3", "C", REASON_SNAPSHOT);
	expect_settled("6", "B", REASON_NOT_LINKED);
	expect_nothing_settled();
	expect_verdict(REASON_SNAPSHOT, "C");
}

static void test_the_verdict_is_that_of_the_code_that_failed_last(void **state)
{
	(void)state;
	add("1", "A");
	exchange("A", REASON_RISK);
	expect_verdict(REASON_RISK, "A");
	add("2", "B");
	exchange("B", REASON_BUSY);
	expect_verdict(REASON_BUSY, "B");
}

static void test_there_is_no_verdict_while_a_code_is_asked_about(void **state)
{
	(void)state;
	add("1", "A");
	add("2", "B");
	expect_verdict(REASON_ASKING, NULL);
	exchange("A", REASON_RISK);
	expect_verdict(REASON_ASKING, NULL);
	expect_start("B");
	expect_verdict(REASON_ASKING, NULL);
	/* Nobody waits for a code that was not begun with: it never is. */
	add("3", "C");
	codes_forget_tickets(&codes);
	finish(REASON_BUSY);
	expect_verdict(REASON_BUSY, "B");
}

static void test_a_match_and_a_report_are_verdicts_whatever_is_asked_about(void **state)
{
	(void)state;
	add("1", "A");
	exchange("A", REASON_NONE);
	codes_forget_tickets(&codes);
	add("1", "B");
	expect_start("B");
	expect_verdict(REASON_NONE, "A");
	codes_report(&codes);
	expect_verdict(REASON_REPORTED, NULL);
}

static void test_the_time_of_a_code_begins_when_it_comes(void **state)
{
	int64_t before_ms = deadline_now();
	const struct code *first, *second;

	(void)state;
	add("1", "A");
	add("2", "B");
	first = codes_start_next(&codes);
	finish(REASON_BUSY);
	second = codes_start_next(&codes);
	assert_true(first->deadline.at_ms >= before_ms + CODES_MS);
	assert_true(second->deadline.at_ms >= first->deadline.at_ms);
	assert_true(second->deadline.at_ms <= deadline_now() + CODES_MS);
}

static void test_errcode_and_rid_stay_with_their_code(void **state)
{
	const struct code *code = NULL;

	(void)state;
	add("1", "A");
	expect_start("A");
	codes_finish_current(&codes, REASON_CODE, "40029", "6583f22d-35b1b023");
	assert_int_equal(codes_verdict(&codes, &code), REASON_CODE);
	assert_string_equal(code->errcode, "40029");
	assert_string_equal(code->rid, "6583f22d-35b1b023");
	add("2", "B");
	expect_start("B");
	codes_finish_current(&codes, REASON_RISK, "123456789012345678",
		"0123456789012345678901234567890123456789012345678901234567890123456789");
	assert_int_equal(codes_verdict(&codes, &code), REASON_RISK);
	assert_string_equal(code->errcode, "123456789012345");
	assert_int_equal(strlen(code->rid), sizeof(code->rid) - 1);
}

static void test_a_report_ends_everything(void **state)
{
	(void)state;
	add("1", "A");
	exchange("A", REASON_CODE);
	add("2", "B");
	expect_start("B");
	add("3", "C");
	codes_report(&codes);
	expect_verdict(REASON_REPORTED, NULL);
	expect_settled("1", "A", REASON_REPORTED);
	expect_settled("2", "B", REASON_REPORTED);
	expect_settled("3", "C", REASON_REPORTED);
	expect_nothing_settled();
	assert_int_equal(codes_add(&codes, exact("4"), exact("A")), REASON_REPORTED);
	assert_int_equal(codes_add(&codes, exact("5"), exact("D")), REASON_REPORTED);
	/* What was in flight comes back, and changes nothing. */
	finish(REASON_NONE);
	expect_nothing_to_start();
	expect_nothing_settled();
	expect_verdict(REASON_REPORTED, NULL);
}

static void test_a_report_takes_a_match_back(void **state)
{
	(void)state;
	add("1", "A");
	exchange("A", REASON_NONE);
	expect_settled("1", "A", REASON_NONE);
	expect_verdict(REASON_NONE, "A");
	codes_report(&codes);
	expect_verdict(REASON_REPORTED, NULL);
	assert_int_equal(codes_add(&codes, exact("2"), exact("A")), REASON_REPORTED);
}

static void test_a_restarted_helper_gets_no_old_tickets(void **state)
{
	(void)state;
	add("1", "A");
	expect_start("A");
	codes_forget_tickets(&codes);
	finish(REASON_CODE);
	expect_nothing_settled();
	expect_verdict(REASON_CODE, "A");
	add("1", "B");
	exchange("B", REASON_NONE);
	expect_settled("1", "B", REASON_NONE);
	expect_nothing_settled();
}

static void test_a_restarted_helper_is_told_a_result_that_it_asks_for_again(void **state)
{
	(void)state;
	add("1", "A");
	exchange("A", REASON_NONE);
	expect_settled("1", "A", REASON_NONE);
	codes_forget_tickets(&codes);
	add("1", "A");
	expect_nothing_to_start();
	expect_settled("1", "A", REASON_NONE);
}

static void test_after_a_restart_another_code_may_win(void **state)
{
	(void)state;
	add("1", "A");
	exchange("A", REASON_NONE);
	expect_settled("1", "A", REASON_NONE);
	codes_forget_tickets(&codes);
	add("1", "B");
	expect_nothing_settled();
	expect_verdict(REASON_NONE, "A");
	exchange("B", REASON_NONE);
	expect_settled("1", "B", REASON_NONE);
	expect_verdict(REASON_NONE, "B");
	/* Now this helper knows who won. */
	add("2", "C");
	expect_nothing_to_start();
	expect_settled("2", "C", REASON_NOBODY);
	expect_verdict(REASON_NONE, "B");
}

static void test_after_a_restart_a_code_that_fails_leaves_the_match(void **state)
{
	(void)state;
	add("1", "A");
	exchange("A", REASON_NONE);
	expect_settled("1", "A", REASON_NONE);
	codes_forget_tickets(&codes);
	add("1", "B");
	exchange("B", REASON_NOT_LINKED);
	expect_settled("1", "B", REASON_NOT_LINKED);
	expect_verdict(REASON_NONE, "A");
}

/* The callback that waited for it is lost: the person taps Continue once more. */
static void test_a_match_that_no_helper_was_told_of_does_not_bar_the_next_code(void **state)
{
	(void)state;
	add("1", "A");
	expect_start("A");
	codes_forget_tickets(&codes);
	finish(REASON_NONE);
	expect_nothing_settled();
	add("1", "B");
	exchange("B", REASON_NONE);
	expect_settled("1", "B", REASON_NONE);
}

static void test_a_code_that_waits_at_the_new_helper_outlives_a_match_of_the_old(void **state)
{
	(void)state;
	add("1", "A");
	expect_start("A");
	codes_forget_tickets(&codes);
	add("1", "B");
	finish(REASON_NONE);
	exchange("B", REASON_NONE);
	expect_settled("1", "B", REASON_NONE);
}

static void test_a_code_that_was_not_looked_at_is_exchanged_for_the_next_helper(void **state)
{
	(void)state;
	add("1", "A");
	add("2", "B");
	exchange("A", REASON_NONE);
	expect_settled("1", "A", REASON_NONE);
	expect_settled("2", "B", REASON_NOBODY);
	codes_forget_tickets(&codes);
	add("1", "B");
	exchange("B", REASON_NONE);
	expect_settled("1", "B", REASON_NONE);
}

static void test_a_report_outlives_a_restarted_helper(void **state)
{
	(void)state;
	codes_report(&codes);
	codes_forget_tickets(&codes);
	assert_int_equal(codes_add(&codes, exact("1"), exact("A")), REASON_REPORTED);
	expect_verdict(REASON_REPORTED, NULL);
}

static void test_sixty_four_callbacks_wait_at_most(void **state)
{
	char number[8];

	(void)state;
	for (int i = 0; i < CODES_TICKETS_MAX; i++) {
		assert_int_equal(text_format(number, sizeof(number), "%d", i), 0);
		add(number, "A");
	}
	assert_int_equal(codes_add(&codes, exact("more"), exact("A")), REASON_TOO_MANY);
	assert_int_equal(codes_add(&codes, exact("more"), exact("B")), REASON_TOO_MANY);
	exchange("A", REASON_NONE);
	expect_nothing_to_start();
	for (int i = 0; i < CODES_TICKETS_MAX; i++) {
		assert_int_equal(text_format(number, sizeof(number), "%d", i), 0);
		expect_settled(number, "A", REASON_NONE);
	}
	expect_nothing_settled();
	add("more", "A");
	expect_settled("more", "A", REASON_NONE);
}

static void test_a_ticket_that_cannot_be_kept_is_refused_and_its_code_not_used(void **state)
{
	(void)state;
	assert_int_not_equal(
		codes_add(&codes, exact("123456789012345678901234"), exact("A")), REASON_NOBODY);
	expect_nothing_to_start();
	assert_int_not_equal(codes_add(&codes, exact(""), exact("A")), REASON_NOBODY);
	expect_nothing_to_start();
	add("12345678901234567890123", "A");
	exchange("A", REASON_NONE);
	expect_settled("12345678901234567890123", "A", REASON_NONE);
}

static void test_what_may_be_a_code(void **state)
{
	static const char *const good[] = {"0", "Z", "-", "_", "081x9P0w3Kx2Fz2Rg12w3DCPrM2x9P0e"};
	static const char *const bad[] = {
		"", " ", "a b", "a+b", "a/b", "a=b", "a&b", "a%41", "a.b", "a\n", "\xe5\xbe\xae"};
	char string[514];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(token_is_code(good[i]));
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_false(token_is_code(bad[i]));
		assert_int_not_equal(codes_add(&codes, exact("1"), exact(bad[i])), REASON_NOBODY);
	}
	memset(string, 'x', 513);
	string[513] = '\0';
	assert_false(token_is_code(string));
	assert_int_not_equal(codes_add(&codes, exact("1"), exact(string)), REASON_NOBODY);
	expect_nothing_to_start();
	string[512] = '\0';
	assert_true(token_is_code(string));
	add("1", string);
	exchange(string, REASON_NONE);
	expect_settled("1", string, REASON_NONE);
}

static void test_codes_are_compared_whole_and_by_case(void **state)
{
	(void)state;
	add("1", "Ab");
	add("2", "AB");
	add("3", "A");
	exchange("Ab", REASON_CODE);
	exchange("AB", REASON_CODE);
	exchange("A", REASON_CODE);
}

static void test_the_end_wipes_everything(void **state)
{
	static const struct codes empty;

	(void)state;
	add("1", "A");
	exchange("A", REASON_NONE);
	codes_report(&codes);
	codes_finish(&codes);
	assert_memory_equal(&codes, &empty, sizeof(codes));
}

#define ANEW(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ANEW(test_at_first_there_is_nobody),
		ANEW(test_one_code_is_exchanged_and_its_callback_answered),
		ANEW(test_second_callback_in_flight_gets_the_same_result),
		ANEW(test_second_callback_before_the_exchange_gets_the_same_result),
		ANEW(test_second_callback_after_the_exchange_gets_the_same_result),
		ANEW(test_a_code_that_failed_is_not_exchanged_again),
		ANEW(test_two_codes_are_exchanged_one_after_the_other),
		ANEW(test_the_second_of_two_codes_is_not_looked_at_after_a_match),
		ANEW(test_a_code_that_comes_after_a_match_is_not_looked_at),
		ANEW(test_a_failed_code_bars_nothing),
		ANEW(test_a_fourth_code_is_too_many),
		ANEW(test_the_verdict_is_that_of_the_code_that_failed_last),
		ANEW(test_there_is_no_verdict_while_a_code_is_asked_about),
		ANEW(test_a_match_and_a_report_are_verdicts_whatever_is_asked_about),
		ANEW(test_the_time_of_a_code_begins_when_it_comes),
		ANEW(test_errcode_and_rid_stay_with_their_code),
		ANEW(test_a_report_ends_everything),
		ANEW(test_a_report_takes_a_match_back),
		ANEW(test_a_restarted_helper_gets_no_old_tickets),
		ANEW(test_a_restarted_helper_is_told_a_result_that_it_asks_for_again),
		ANEW(test_after_a_restart_another_code_may_win),
		ANEW(test_after_a_restart_a_code_that_fails_leaves_the_match),
		ANEW(test_a_match_that_no_helper_was_told_of_does_not_bar_the_next_code),
		ANEW(test_a_code_that_waits_at_the_new_helper_outlives_a_match_of_the_old),
		ANEW(test_a_code_that_was_not_looked_at_is_exchanged_for_the_next_helper),
		ANEW(test_a_report_outlives_a_restarted_helper),
		ANEW(test_sixty_four_callbacks_wait_at_most),
		ANEW(test_a_ticket_that_cannot_be_kept_is_refused_and_its_code_not_used),
		ANEW(test_what_may_be_a_code),
		ANEW(test_codes_are_compared_whole_and_by_case),
		ANEW(test_the_end_wipes_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
