#include "virtual_terminal.h"

#include <errno.h>

#include "unit.h"

/* tests/login/test_console.py has what there is: this is what no machine has. */
static void test_other_names_are_not_opened(void **state)
{
	static const char *const others[] = {"", "/dev/", "tty", "tty0", "tty01", "tty64", "tty100",
		"ttyS0", "tty1x", "console", "null", "pts/0", "/dev/pts/0", "/tty1",
		"/dev//dev/tty1", "dev/tty1", "tty1/../null", "/dev/tty1/../null", "../dev/tty1"};

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++) {
		assert_int_equal(virtual_terminal_open(others[i]), -ENOTTY);
		assert_false(virtual_terminal_is_ours(others[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_other_names_are_not_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
