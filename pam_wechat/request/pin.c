#include "pin.h"

#include <string.h>

#include "secret.h"
#include "wire.h"

/* The length of the blank that stands here, 0 if there is none: U+3000 is a wide one. */
static size_t blank_length(const char *at)
{
	if (*at == ' ' || *at == '\t')
		return 1;
	return strncmp(at, "\xe3\x80\x80", 3) == 0 ? 3 : 0;
}

/* The digit that stands here, and its length in bytes; '\0' if there is none. */
static char read_digit(const char *at, size_t *length)
{
	*length = 1;
	if (*at >= '0' && *at <= '9')
		return *at;
	*length = 3;
	/* U+FF10 to U+FF19 */
	if (strncmp(at, "\xef\xbc", 2) == 0 && at[2] >= '\x90' && at[2] <= '\x99')
		return (char)('0' + (at[2] - '\x90'));
	return '\0';
}

bool pin_matches(const char *pin, const char *typed)
{
	char digits[WIRE_PIN_LENGTH] = "";
	size_t count = 0, length;
	bool matches = true;

	/* A character that is no digit is not stepped over: there is nothing sure behind it. */
	for (const char *at = typed; matches && *at != '\0'; at += length) {
		char digit;

		length = blank_length(at);
		if (length > 0)
			continue;
		digit = read_digit(at, &length);
		if (digit == '\0' || count == sizeof(digits))
			matches = false;
		else
			digits[count++] = digit;
	}
	matches = matches && count == sizeof(digits) && strlen(pin) == count &&
	          secret_equal(pin, digits, count);
	explicit_bzero(digits, sizeof(digits));
	return matches;
}
