#include "token.h"

#include "exact.h"
#include "random.h"
#include "unit.h"

typedef bool judge(const char *string);

/* Whether all lengths from low to high are accepted, and no other up to 600. */
static void expect_lengths(judge *is_token, char letter, size_t low, size_t high)
{
	char string[600];

	for (size_t length = 0; length < sizeof(string); length++) {
		memset(string, letter, length);
		string[length] = '\0';
		assert_int_equal(is_token(exact(string)), length >= low && length <= high);
	}
}

/* Whether, of all bytes, those of the alphabet are accepted at each place of a good string. */
static void expect_alphabet(judge *is_token, const char *good, const char *alphabet)
{
	char string[64];
	size_t length = strlen(good);

	assert_true(length < sizeof(string));
	for (size_t place = 0; place < length; place++) {
		for (int byte = 1; byte < 256; byte++) {
			memcpy(string, good, length + 1);
			string[place] = (char)byte;
			assert_int_equal(is_token(exact(string)), strchr(alphabet, byte) != NULL);
		}
	}
	/* Nothing behind it, not even the end of a line. */
	memcpy(string, good, length);
	memcpy(string + length, "\n", 2);
	assert_false(is_token(exact(string)));
}

static void test_an_openid(void **state)
{
	(void)state;
	assert_true(token_is_openid(exact("oXy1z2AbCdEfGhIjKlMnOpQrStUv")));
	expect_lengths(token_is_openid, 'x', 6, 64);
	expect_alphabet(token_is_openid, "abc-_9", RANDOM_BASE62 "_-");
}

static void test_a_code(void **state)
{
	(void)state;
	assert_true(token_is_code(exact("081x9P0w3Kx2Fz2Rg12w3DCPrM2x9P0e")));
	expect_lengths(token_is_code, 'x', 1, 512);
	expect_alphabet(token_is_code, "Z-_0", RANDOM_BASE62 "_-");
}

static void test_a_state(void **state)
{
	(void)state;
	expect_lengths(token_is_state, 'f', 32, 32);
	expect_alphabet(token_is_state, "0123456789abcdef0123456789abcdef", "0123456789abcdef");
}

static void test_the_end_of_a_link(void **state)
{
	(void)state;
	expect_lengths(token_is_link, 'z', 12, 12);
	expect_alphabet(token_is_link, "AbCdEf012345", RANDOM_BASE62);
}

static void test_a_pin(void **state)
{
	(void)state;
	expect_lengths(token_is_pin, '7', 4, 4);
	expect_alphabet(token_is_pin, "0042", "0123456789");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_openid),
		cmocka_unit_test(test_a_code),
		cmocka_unit_test(test_a_state),
		cmocka_unit_test(test_the_end_of_a_link),
		cmocka_unit_test(test_a_pin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
