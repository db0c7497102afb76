#include "secret.h"

#include <stdlib.h>
#include <string.h>

struct secret *secret_create(size_t size)
{
	struct secret *secret;

	if (size > (size_t)-1 - sizeof(*secret))
		return NULL;
	secret = calloc(1, sizeof(*secret) + size);
	if (secret != NULL)
		secret->size = size;
	return secret;
}

void secret_free(struct secret **secret)
{
	if (*secret == NULL)
		return;
	explicit_bzero((*secret)->bytes, (*secret)->size);
	free(*secret);
	*secret = NULL;
}

void secret_free_string(char **string)
{
	if (*string == NULL)
		return;
	explicit_bzero(*string, strlen(*string));
	free(*string);
	*string = NULL;
}

bool secret_equal(const void *a, const void *b, size_t length)
{
	const volatile unsigned char *left = a;
	const volatile unsigned char *right = b;
	unsigned char difference = 0;

	for (size_t i = 0; i < length; i++)
		difference |= left[i] ^ right[i];
	return difference == 0;
}
