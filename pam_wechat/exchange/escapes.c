#include "escapes.h"

#include <stdbool.h>
#include <string.h>

#define ESCAPE_LENGTH 6 /* of \uXXXX */

/* The number of the escape that begins here, or -1 if none does. */
static int read_escape(const char *at, const char *end)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	int number = 0;

	if (end - at < ESCAPE_LENGTH || at[0] != '\\' || at[1] != 'u')
		return -1;
	for (size_t i = 2; i < ESCAPE_LENGTH; i++) {
		const char *digit = memchr(digits, at[i], sizeof(digits) - 1);

		if (digit == NULL)
			return -1;
		number = number * 16 + (int)((digit - digits) % 16);
	}
	return number;
}

static bool is_first_half(int number)
{
	return number >= 0xd800 && number <= 0xdbff;
}

static bool is_second_half(int number)
{
	return number >= 0xdc00 && number <= 0xdfff;
}

void escapes_defuse(char *text, size_t length)
{
	const char *end = text + length;
	char *at = text;

	while ((at = memchr(at, '\\', (size_t)(end - at))) != NULL) {
		int number = read_escape(at, end);

		if (number < 0) {
			/* A short one: what it escapes is no beginning of another. */
			at += end - at < 2 ? 1 : 2;
			continue;
		}
		if (is_first_half(number) && is_second_half(read_escape(at + ESCAPE_LENGTH, end)))
			at += ESCAPE_LENGTH;
		else if (number == 0)
			memcpy(at, "\\u0001", ESCAPE_LENGTH);
		else if (is_first_half(number) || is_second_half(number))
			memcpy(at, "\\ufffd", ESCAPE_LENGTH);
		at += ESCAPE_LENGTH;
	}
}
