#include "problem.h"

#include <errno.h>

#include "unit.h"

static void test_the_error_is_handed_through(void **state)
{
	struct problem problem = {""};

	(void)state;
	assert_int_equal(problem_set(&problem, -EPERM, "%s is %d", "x", 7), -EPERM);
	assert_string_equal(problem.text, "x is 7");
}

static void test_a_place_goes_in_front(void **state)
{
	struct problem problem = {""};

	(void)state;
	problem_set(&problem, 0, "no value");
	problem_locate(&problem, "%s:%d: ", "users", 12);
	problem_locate(&problem, "PAM line: ");
	assert_string_equal(problem.text, "PAM line: users:12: no value");
}

static void test_a_long_sentence_is_cut_off(void **state)
{
	struct problem problem = {""};
	char big[3000];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	problem_set(&problem, 0, "%s", big);
	assert_int_equal(strlen(problem.text), sizeof(problem.text) - 1);
	problem_locate(&problem, "here: ");
	assert_begins(problem.text, "here: xxx");
	assert_int_equal(strlen(problem.text), sizeof(problem.text) - 1);
	problem_locate(&problem, "%s", big);
	assert_int_equal(strlen(problem.text), sizeof(problem.text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_error_is_handed_through),
		cmocka_unit_test(test_a_place_goes_in_front),
		cmocka_unit_test(test_a_long_sentence_is_cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
