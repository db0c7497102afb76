#include "width.h"

#include "unit.h"

size_t width_of(const char *string, size_t length)
{
	const unsigned char *at = (const unsigned char *)string;
	size_t columns = 0;

	for (size_t i = 0; i < length;) {
		size_t bytes = at[i] < 0x80 ? 1 : at[i] < 0xe0 ? 2 : at[i] < 0xf0 ? 3 : 4;
		unsigned int character = at[i] & (bytes == 1 ? 0x7fu : 0xffu >> (bytes + 1));

		assert_true(at[i] < 0x80 || at[i] >= 0xc2);
		assert_true(i + bytes <= length);
		for (size_t j = 1; j < bytes; j++) {
			assert_int_equal(at[i + j] & 0xc0, 0x80);
			character = character << 6 | (at[i + j] & 0x3fu);
		}
		columns += character >= 0x1100 && !(character >= 0x2580 && character <= 0x259f) ? 2
		                                                                                : 1;
		i += bytes;
	}
	return columns;
}

void width_expect_ascii(const char *string)
{
	for (const char *at = string; *at != '\0'; at++) {
		if (*at != '\n' && (*at < ' ' || *at > '~'))
			fail_msg("not ASCII: %s", string);
	}
}
