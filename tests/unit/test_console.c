#include "console.h"

#include "unit.h"

static void test_tty1_to_tty63_are_the_machines_own_consoles(void **state)
{
	static const char *const consoles[] = {"tty1", "tty9", "tty10", "tty63", "/dev/tty7"};
	static const char *const others[] = {"", "/dev/", "tty", "tty0", "tty01", "tty64", "tty100",
		"ttyS0", "tty1x", "pts/1", "/dev/pts/1", "/tty1", "/dev//dev/tty1", "dev/tty1",
		"tty1/../../etc"};

	(void)state;
	for (size_t i = 0; i < COUNT(consoles); i++)
		assert_true(console_is_name(consoles[i]));
	for (size_t i = 0; i < COUNT(others); i++)
		assert_false(console_is_name(others[i]));
}

static void test_nothing_is_known_to_lack_where_there_is_no_console(void **state)
{
	(void)state;
	assert_false(console_lacks_half_blocks("null"));
	assert_false(console_lacks_half_blocks("/dev/null"));
	assert_false(console_lacks_half_blocks("pts/0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tty1_to_tty63_are_the_machines_own_consoles),
		cmocka_unit_test(test_nothing_is_known_to_lack_where_there_is_no_console),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
