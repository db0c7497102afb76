#include "console.h"

#include <fcntl.h>
#include <unistd.h>

#include "unit.h"

static void test_nothing_is_known_to_lack_where_there_is_no_font(void **state)
{
	static const char *const others[] = {"/dev/null", "/dev/ptmx", "/"};

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++) {
		int fd = open(others[i], O_RDONLY | O_NOCTTY | O_CLOEXEC);

		assert_true(fd >= 0);
		assert_false(console_lacks_half_blocks(fd));
		close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_known_to_lack_where_there_is_no_font),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
