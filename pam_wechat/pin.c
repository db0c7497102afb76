#include "pin.h"

#include <string.h>

#include "request.h"
#include "secret.h"

bool pin_matches(const char *pin, const char *typed)
{
	char digits[REQUEST_PIN_LENGTH] = "";
	size_t count = 0;
	bool matches;

	for (const char *at = typed; *at != '\0'; at++) {
		char digit = *at;

		if (digit == ' ' || digit == '\t')
			continue;
		/* U+FF10 to U+FF19 */
		if (strncmp(at, "\xef\xbc", 2) == 0 && at[2] >= '\x90' && at[2] <= '\x99') {
			digit = (char)('0' + (at[2] - '\x90'));
			at += 2;
		}
		if (digit < '0' || digit > '9' || count == sizeof(digits))
			return false;
		digits[count++] = digit;
	}
	matches =
		count == sizeof(digits) && strlen(pin) == count && secret_equal(pin, digits, count);
	explicit_bzero(digits, sizeof(digits));
	return matches;
}
