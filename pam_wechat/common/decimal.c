#include "decimal.h"

#include <errno.h>
#include <string.h>

size_t decimal_span(const char *string)
{
	return strspn(string, "0123456789");
}

static size_t digits_of(int64_t number)
{
	size_t digits = 1;

	for (; number > 9; number /= 10)
		digits++;
	return digits;
}

int64_t decimal_parse(const char *string, size_t length, int64_t low, int64_t high)
{
	int64_t number = 0;

	if (length < 1 || length > digits_of(high))
		return -EINVAL;
	for (size_t i = 0; i < length; i++) {
		int digit = string[i] - '0';

		if (digit < 0 || digit > 9)
			return -EINVAL;
		/* Before it is made, as what is too large may not fit. */
		if (number > (high - digit) / 10)
			return -EINVAL;
		number = number * 10 + digit;
	}
	return number >= low && number <= high ? number : -EINVAL;
}

int64_t decimal_parse_string(const char *string, int64_t low, int64_t high)
{
	return decimal_parse(string, strlen(string), low, high);
}
