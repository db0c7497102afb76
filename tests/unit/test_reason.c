#include "reason.h"

#include "exact.h"
#include "unit.h"

static const struct {
	enum reason reason;
	const char *word;
} rows[] = {
	{REASON_NONE, "none"},
	{REASON_NOBODY, "nobody"},
	{REASON_ASKING, "asking"},
	{REASON_NOBODY_SCANNED, "nobody-scanned"},
	{REASON_UNFINISHED, "unfinished"},
	{REASON_WRONG_DIGITS, "wrong-digits"},
	{REASON_NO_ANSWER, "no-answer"},
	{REASON_CONVERSATION, "conversation"},
	{REASON_NOT_LINKED, "not-linked"},
	{REASON_OTHER_UID, "other-uid"},
	{REASON_SNAPSHOT, "snapshot"},
	{REASON_RISK, "risk"},
	{REASON_CODE, "code"},
	{REASON_BUSY, "busy"},
	{REASON_SETUP, "setup"},
	{REASON_UNREACHABLE, "unreachable"},
	{REASON_BAD_ANSWER, "bad-answer"},
	{REASON_TOO_MANY, "too-many-codes"},
	{REASON_REPORTED, "reported"},
	{REASON_EXPIRED, "expired"},
	{REASON_INTERRUPTED, "interrupted"},
	{REASON_HELPER, "helper"},
	{REASON_HELPER_SILENT, "helper-silent"},
	{REASON_FULL, "full"},
	{REASON_REJECTED, "rejected"},
	{REASON_MEMORY, "memory"},
	{REASON_INTERNAL, "internal"},
};

static void test_every_reason_has_its_word(void **state)
{
	(void)state;
	assert_int_equal(COUNT(rows), REASON_COUNT);
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(rows[i].reason, i);
		assert_string_equal(reason_word(rows[i].reason), rows[i].word);
		assert_int_equal(reason_parse(exact(rows[i].word)), rows[i].reason);
	}
}

static void test_any_other_word_is_an_internal_failure(void **state)
{
	static const char *const words[] = {
		"", "None", "none ", " none", "nobod", "nobodyx", "ok", "0"};

	(void)state;
	for (size_t i = 0; i < COUNT(words); i++)
		assert_int_equal(reason_parse(exact(words[i])), REASON_INTERNAL);
}

static void test_no_word_makes_a_refusal_a_success(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(reason_of_refusal(exact(rows[i].word)),
			rows[i].reason == REASON_NONE ? REASON_INTERNAL : rows[i].reason);
	assert_int_equal(reason_of_refusal(exact("")), REASON_INTERNAL);
}

static void test_what_the_phone_may_try_again_is_passing(void **state)
{
	static const enum reason passing[] = {REASON_NOBODY, REASON_ASKING, REASON_NOT_LINKED,
		REASON_OTHER_UID, REASON_SNAPSHOT, REASON_CODE, REASON_BUSY, REASON_UNREACHABLE,
		REASON_BAD_ANSWER};

	(void)state;
	for (int reason = 0; reason < REASON_COUNT; reason++) {
		bool wanted = false;

		for (size_t i = 0; i < COUNT(passing); i++)
			wanted |= passing[i] == (enum reason)reason;
		assert_int_equal(reason_is_temporary((enum reason)reason), wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_reason_has_its_word),
		cmocka_unit_test(test_any_other_word_is_an_internal_failure),
		cmocka_unit_test(test_no_word_makes_a_refusal_a_success),
		cmocka_unit_test(test_what_the_phone_may_try_again_is_passing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
