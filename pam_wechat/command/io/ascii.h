/*
 * ascii - what the command says, in ASCII for terminals that are not UTF-8: those of other locales.
 */
#ifndef PAM_WECHAT_IO_ASCII_H
#define PAM_WECHAT_IO_ASCII_H

#include <stdbool.h>
#include <stddef.h>

struct text;

/*
 * Whether LC_ALL, LC_CTYPE or LANG, the first that is set, names another charset than UTF-8. Where
 * none is set it is UTF-8.
 */
bool ascii_is_wanted(void);

/*
 * Standard output and standard error become ASCII from now on, if that is wanted. Returns 0, or
 * -ENOMEM and they stay as they are.
 */
int ascii_begin(void);

/* Standard output is as it was from now on: programs read UTF-8 (JSON), whatever the locale. */
void ascii_end(void);

/*
 * Appends the bytes, which are UTF-8, in ASCII: quotes, dashes and dots as they are typed, anything
 * else as '?'. A bracket of such characters alone is left out, with the blank before it. Returns
 * how many bytes were taken: all but the beginning of a character whose end is missing.
 */
size_t ascii_add(struct text *text, const char *bytes, size_t length);

#endif
