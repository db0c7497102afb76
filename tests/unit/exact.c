#include "exact.h"

#include <stdlib.h>

#include "unit.h"

static char *kept[EXACT_KEPT];
static size_t next;

static void __attribute__((destructor)) free_all(void)
{
	for (size_t i = 0; i < EXACT_KEPT; i++)
		free(kept[i]);
}

/* Copies the bytes into memory of `size` bytes. */
static char *copy_bytes(const char *bytes, size_t length, size_t size)
{
	/* Of no bytes at all malloc() may give one, and of that the first is not to be read. */
	size_t unused = size == 0 ? 1 : 0;
	char *copy = malloc(size + unused);

	assert_non_null(copy);
	if (length > 0)
		memcpy(copy, bytes, length);
	free(kept[next]);
	kept[next] = copy;
	next = (next + 1) % EXACT_KEPT;
	return copy + unused;
}

char *exact_bytes(const char *bytes, size_t length)
{
	return copy_bytes(bytes, length, length);
}

char *exact_with_end(const char *bytes, size_t length)
{
	return copy_bytes(bytes, length, length + 1);
}

char *exact(const char *string)
{
	return string == NULL ? NULL : exact_bytes(string, strlen(string) + 1);
}
