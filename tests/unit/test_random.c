#include "random.h"

#include "unit.h"

static void test_a_token_has_its_length_and_alphabet(void **state)
{
	static const size_t lengths[] = {0, 1, 4, 12, 32, 64, 65, 500};
	static const char *const alphabets[] = {RANDOM_HEX, RANDOM_DIGITS, RANDOM_BASE62, "ab"};
	char token[502];

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		for (size_t j = 0; j < COUNT(alphabets); j++) {
			memset(token, '!', sizeof(token));
			assert_int_equal(random_token(token, lengths[i], alphabets[j]), 0);
			assert_int_equal(strlen(token), lengths[i]);
			assert_int_equal(strspn(token, alphabets[j]), lengths[i]);
			assert_int_equal(token[lengths[i] + 1], '!');
		}
	}
}

static void test_the_alphabets_repeat_no_letter(void **state)
{
	static const char *const alphabets[] = {RANDOM_HEX, RANDOM_DIGITS, RANDOM_BASE62};
	static const size_t lengths[] = {16, 10, 62};

	(void)state;
	for (size_t i = 0; i < COUNT(alphabets); i++) {
		assert_int_equal(strlen(alphabets[i]), lengths[i]);
		for (const char *at = alphabets[i]; *at != '\0'; at++)
			assert_ptr_equal(strchr(alphabets[i], *at), at);
	}
}

static void test_tokens_do_not_repeat(void **state)
{
	char tokens[200][13];

	(void)state;
	for (size_t i = 0; i < COUNT(tokens); i++) {
		assert_int_equal(random_token(tokens[i], 12, RANDOM_BASE62), 0);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(tokens[i], tokens[j]);
	}
}

/* A letter is drawn 100,000 / 62 = 1613 times, give or take 40; ten times that is no chance. */
static void test_letters_are_drawn_evenly(void **state)
{
	static char token[100001];
	size_t counts[256] = {0};

	(void)state;
	assert_int_equal(random_token(token, sizeof(token) - 1, RANDOM_BASE62), 0);
	for (const char *at = token; *at != '\0'; at++)
		counts[(unsigned char)*at]++;
	for (const char *at = RANDOM_BASE62; *at != '\0'; at++)
		assert_in_range(counts[(unsigned char)*at], 1213, 2013);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_token_has_its_length_and_alphabet),
		cmocka_unit_test(test_the_alphabets_repeat_no_letter),
		cmocka_unit_test(test_tokens_do_not_repeat),
		cmocka_unit_test(test_letters_are_drawn_evenly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
