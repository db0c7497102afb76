#include "app_secret.h"

#include <string.h>

#include "random.h"
#include "unit.h"

static void test_what_may_be_an_app_secret(void **state)
{
	char most[66];

	(void)state;
	memset(most, 'x', sizeof(most));
	assert_true(app_secret_is_valid("0123456789abcdef0123456789ABCDEF", 32));
	assert_true(app_secret_is_valid(most, 16));
	assert_false(app_secret_is_valid(most, 15));
	assert_true(app_secret_is_valid(most, 64));
	assert_false(app_secret_is_valid(most, 65));
	for (int c = 0; c < 256; c++) {
		most[15] = (char)c;
		assert_int_equal(
			app_secret_is_valid(most, 16), c != 0 && strchr(RANDOM_BASE62, c) != NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_may_be_an_app_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
