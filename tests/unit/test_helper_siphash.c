#include "siphash.h"

#include "unit.h"

/* The first vectors of SipHash's authors: key 00..0f, messages of 0, 1, 7, 8 and 15 bytes. */
static void test_siphash_as_its_authors_have_it(void **state)
{
	static const uint64_t seed[2] = {
		UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};
	static const unsigned char bytes[15] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};

	(void)state;
	assert_true(siphash(seed, bytes, 0) == UINT64_C(0x726fdb47dd0e0e31));
	assert_true(siphash(seed, bytes, 1) == UINT64_C(0x74f839c593dc67fd));
	assert_true(siphash(seed, bytes, 7) == UINT64_C(0xab0200f58b01d137));
	assert_true(siphash(seed, bytes, 8) == UINT64_C(0x93f5f5799a932462));
	assert_true(siphash(seed, bytes, 15) == UINT64_C(0xa129ca6149be45e5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_siphash_as_its_authors_have_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
