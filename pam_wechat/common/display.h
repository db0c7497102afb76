/*
 * display - makes text from outside fit to be shown: on a terminal, in a log, on a page.
 *
 * Nicknames, host names and terminals' names come from people who may be hostile. What is shown
 * of them is bounded, valid UTF-8, and free of everything that moves a cursor or reorders text.
 */
#ifndef PAM_WECHAT_COMMON_DISPLAY_H
#define PAM_WECHAT_COMMON_DISPLAY_H

#include <stddef.h>

/*
 * Copies `length` bytes of `from` into `to` (`size` >= 1 bytes, NUL included). Bytes that are not
 * UTF-8 become '?'; control characters (C0, DEL, C1), bidirectional controls, zero-width and line
 * separators, private-use characters and noncharacters are dropped. What does not fit is cut off
 * between characters.
 */
void display_copy(char *to, size_t size, const char *from, size_t length);

/*
 * As display_copy() for a NUL-terminated name of an account, of which only [A-Za-z0-9._@-]{1,32}
 * is shown as it is. Any other name, or NULL, becomes "(unusual name)".
 */
void display_name(char *to, size_t size, const char *name);

/* Where the first byte stands that is not UTF-8 (RFC 3629); `length` if there is none. */
size_t display_find_invalid(const char *bytes, size_t length);

#endif
