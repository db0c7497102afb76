/*
 * random - tokens nobody can guess, from getrandom(2).
 */
#ifndef PAM_WECHAT_COMMON_RANDOM_H
#define PAM_WECHAT_COMMON_RANDOM_H

#include <stddef.h>

#define RANDOM_HEX "0123456789abcdef"
#define RANDOM_DIGITS "0123456789"
#define RANDOM_BASE62 "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/*
 * Fills `token` with `length` characters, each drawn evenly from `alphabet` (2 to 256 characters),
 * and a NUL: the buffer holds length + 1 bytes. Returns 0 or -errno.
 */
int random_token(char *token, size_t length, const char *alphabet);

#endif
