/*
 * width - how many columns of a terminal a text takes.
 */
#ifndef PAM_WECHAT_WIDTH_H
#define PAM_WECHAT_WIDTH_H

#include <stddef.h>

/*
 * Columns of the first `length` bytes: two for each character from U+1100 on but the block
 * elements, one for every other. Fails the test if the bytes are not UTF-8.
 */
size_t width_of(const char *string, size_t length);

/* Fails the test unless every byte is printable ASCII or a newline. */
void width_expect_ascii(const char *string);

#endif
