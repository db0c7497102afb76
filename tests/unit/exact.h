/*
 * exact - what a parser is given: memory that ends where its bytes end, as a fuzzer gives it, so
 * that a sanitizer sees each read past them. String literals and large buffers hide those.
 */
#ifndef PAM_WECHAT_UNIT_EXACT_H
#define PAM_WECHAT_UNIT_EXACT_H

#include <stddef.h>

#define EXACT_KEPT 32

/*
 * A copy of the bytes, or of a string with its NUL; NULL of NULL. It is the caller's until
 * EXACT_KEPT more were made; nobody frees it.
 */
char *exact_bytes(const char *bytes, size_t length);
char *exact(const char *string);

/* The same of bytes for a parser that may write one behind them. */
char *exact_with_end(const char *bytes, size_t length);

#endif
