/*
 * secret - bytes that must not outlive their use.
 *
 * A secret has one birthplace, is never resized or printed, and is wiped by its destructor.
 */
#ifndef PAM_WECHAT_COMMON_SECRET_H
#define PAM_WECHAT_COMMON_SECRET_H

#include <stdbool.h>
#include <stddef.h>

struct secret {
	size_t size; /* of bytes[], all of it wiped at the end */
	char bytes[];
};

/* Returns `size` zeroed bytes, to be freed by secret_free(); NULL if there is no memory. */
struct secret *secret_create(size_t size);

/* Wipes and frees *secret, and sets it to NULL. NULL is accepted. */
void secret_free(struct secret **secret);

/* Wipes and frees *string, allocated by malloc, and sets it to NULL. NULL is accepted. */
void secret_free_string(char **string);

/* Compares in a time that depends on `length` alone. */
bool secret_equal(const void *a, const void *b, size_t length);

#endif
