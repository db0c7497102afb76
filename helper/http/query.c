#include "query.h"

#include <errno.h>
#include <string.h>

#include "url.h"

/* Copies a raw value; '+' stands for a blank, as forms have it. Returns as query_get(). */
static int decode(const char *raw, size_t raw_length, char *value, size_t size)
{
	int length;

	/* Decoding never makes a value longer. */
	if (raw_length >= size || memchr(raw, '\0', raw_length) != NULL)
		return raw_length >= size ? -ENOSPC : -EINVAL;
	for (size_t i = 0; i < raw_length; i++)
		value[i] = raw[i] == '+' ? ' ' : raw[i];
	value[raw_length] = '\0';
	length = url_decode(value);
	for (int i = 0; i < length; i++) {
		if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f)
			return -EINVAL;
	}
	return length;
}

int query_get(const char *bytes, size_t length, const char *name, char *value, size_t size)
{
	const char *end = bytes + length;
	size_t name_length = strlen(name);
	int found = -ENOENT;

	value[0] = '\0';
	for (const char *at = bytes; at < end;) {
		const char *stop = memchr(at, '&', (size_t)(end - at));
		size_t left;

		if (stop == NULL)
			stop = end;
		left = (size_t)(stop - at);
		if (left >= name_length && memcmp(at, name, name_length) == 0 &&
			(left == name_length || at[name_length] == '=')) {
			size_t skip = left == name_length ? left : name_length + 1;

			if (found != -ENOENT)
				return -EINVAL;
			found = decode(at + skip, left - skip, value, size);
			if (found < 0)
				return found;
		}
		at = stop + 1;
	}
	return found;
}

int query_cookie(const char *bytes, size_t length, const char *name, char *value, size_t size)
{
	const char *end = bytes + length;
	size_t name_length = strlen(name);
	int found = -ENOENT;

	value[0] = '\0';
	for (const char *at = bytes; at < end;) {
		const char *stop = memchr(at, ';', (size_t)(end - at));
		size_t left;

		if (stop == NULL)
			stop = end;
		while (at < stop && (*at == ' ' || *at == '\t'))
			at++;
		left = (size_t)(stop - at);
		if (left > name_length && memcmp(at, name, name_length) == 0 &&
			at[name_length] == '=') {
			left -= name_length + 1;
			if (found != -ENOENT)
				return -EINVAL;
			if (left >= size)
				return -ENOSPC;
			memcpy(value, at + name_length + 1, left);
			value[left] = '\0';
			found = (int)left;
		}
		at = stop + 1;
	}
	return found;
}
