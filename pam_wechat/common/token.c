#include "token.h"

#include <stddef.h>
#include <string.h>

#include "random.h"
#include "wire.h"

/* Whether it is `low` to `high` characters of the alphabet. No more than one behind is read. */
static bool is_made_of(const char *string, size_t low, size_t high, const char *alphabet)
{
	size_t length = strnlen(string, high + 1);

	return length >= low && length <= high && strspn(string, alphabet) == length;
}

bool token_is_openid(const char *string)
{
	return is_made_of(string, 6, TOKEN_OPENID_MAX, RANDOM_BASE62 "_-");
}

bool token_is_code(const char *string)
{
	return is_made_of(string, 1, TOKEN_CODE_MAX, RANDOM_BASE62 "_-");
}

bool token_is_state(const char *string)
{
	return is_made_of(string, WIRE_STATE_LENGTH, WIRE_STATE_LENGTH, RANDOM_HEX);
}

bool token_is_link(const char *string)
{
	return is_made_of(string, WIRE_LINK_LENGTH, WIRE_LINK_LENGTH, RANDOM_BASE62);
}

bool token_is_name(const char *string)
{
	return is_made_of(string, WIRE_NAME_LENGTH, WIRE_NAME_LENGTH, RANDOM_BASE62);
}

bool token_is_pin(const char *string)
{
	return is_made_of(string, WIRE_PIN_LENGTH, WIRE_PIN_LENGTH, RANDOM_DIGITS);
}
