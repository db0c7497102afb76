/* What is typed is the pin exactly if its digits are, whatever blanks stand between them. */
#include "fuzz.h"

#include <stdbool.h>

#include "pin.h"

static const char pin[] = "0470";

/* The same, from the other end: what can be taken off is, and the pin has to be left. */
static bool expected(const char *typed)
{
	static const char *const blanks[] = {" ", "\t", "\xe3\x80\x80"};
	size_t found = 0;

	while (*typed != '\0') {
		char wide[] = {'\xef', '\xbc', '\x90', '\0'};
		size_t taken = 0;

		for (size_t i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++) {
			if (strncmp(typed, blanks[i], strlen(blanks[i])) == 0)
				taken = strlen(blanks[i]);
		}
		if (taken == 0) {
			if (found == strlen(pin))
				return false;
			wide[2] = (char)(wide[2] + (pin[found] - '0'));
			if (*typed == pin[found])
				taken = 1;
			else if (strncmp(typed, wide, 3) == 0)
				taken = 3;
			else
				return false;
			found++;
		}
		typed += taken;
	}
	return found == strlen(pin);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t length = strnlen((const char *)data, size);
	char *typed = malloc(length + 1);

	EXPECT(typed != NULL);
	memcpy(typed, data, length);
	typed[length] = '\0';
	EXPECT(pin_matches(pin, typed) == expected(typed));
	free(typed);
	return 0;
}
