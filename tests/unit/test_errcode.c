#include "errcode.h"

#include "unit.h"

static const struct {
	int32_t number;
	enum reason reason;
} rows[] = {
	{-1, REASON_BUSY},
	{45011, REASON_BUSY},
	{61450, REASON_BUSY},
	{40029, REASON_CODE},
	{40163, REASON_CODE},
	{42001, REASON_CODE},
	{42002, REASON_CODE},
	{42003, REASON_CODE},
	{42007, REASON_CODE},
	{40030, REASON_CODE},
	{40014, REASON_CODE},
	{40003, REASON_CODE},
	{40013, REASON_SETUP},
	{40125, REASON_SETUP},
	{40001, REASON_SETUP},
	{40164, REASON_SETUP},
	{40243, REASON_SETUP},
	{61004, REASON_SETUP},
	{41001, REASON_SETUP},
	{41002, REASON_SETUP},
	{41004, REASON_SETUP},
	{41008, REASON_SETUP},
	{45009, REASON_SETUP},
	{48001, REASON_SETUP},
	{48004, REASON_SETUP},
	{50001, REASON_SETUP},
	{50002, REASON_SETUP},
	{50005, REASON_SETUP},
	{40226, REASON_RISK},
};

static void test_every_code_has_its_class_and_an_advice(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct errcode *errcode = errcode_find(rows[i].number);

		assert_int_equal(errcode->number, rows[i].number);
		assert_int_equal(errcode->reason, rows[i].reason);
		assert_string_not_equal(errcode->advice, "");
	}
}

/* The entries stand in one array: what lies between those found is all of it. */
static void test_no_code_stands_there_twice(void **state)
{
	const struct errcode *first = errcode_find(rows[0].number), *last = first;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct errcode *errcode = errcode_find(rows[i].number);

		first = errcode < first ? errcode : first;
		last = errcode > last ? errcode : last;
	}
	assert_int_equal(last - first + 1, COUNT(rows));
	for (const struct errcode *at = first; at <= last; at++)
		assert_ptr_equal(errcode_find(at->number), at);
}

static void test_no_code_is_a_success(void **state)
{
	(void)state;
	for (int64_t number = -2; number < 100000; number++)
		assert_int_not_equal(errcode_find(number)->reason, REASON_NONE);
}

static void test_an_unknown_code_is_the_administrator_s(void **state)
{
	static const int64_t numbers[] = {1, -2, 40028, 40227, 99999, INT32_MAX, INT32_MIN,
		INT64_MAX, INT64_MIN, 40029 + (INT64_C(1) << 32), (INT64_C(1) << 32) - 1};

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		assert_int_equal(errcode_find(numbers[i])->reason, REASON_SETUP);
		assert_string_not_equal(errcode_find(numbers[i])->advice, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_code_has_its_class_and_an_advice),
		cmocka_unit_test(test_no_code_stands_there_twice),
		cmocka_unit_test(test_no_code_is_a_success),
		cmocka_unit_test(test_an_unknown_code_is_the_administrator_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
