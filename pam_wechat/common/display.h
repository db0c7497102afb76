/*
 * display - makes text from outside fit to be shown: on a terminal, in a log, on a page.
 *
 * Nicknames, host names and terminals' names come from people who may be hostile. What is shown
 * of them is bounded, valid UTF-8, and free of everything that moves a cursor or reorders text.
 */
#ifndef PAM_WECHAT_COMMON_DISPLAY_H
#define PAM_WECHAT_COMMON_DISPLAY_H

#include <stddef.h>

struct text;

/*
 * Copies `length` bytes of `from` into `to` (`size` >= 1 bytes, NUL included). Bytes that are not
 * UTF-8 become '?'; control characters (C0, DEL, C1), bidirectional controls, zero-width and line
 * separators, private-use characters and noncharacters are dropped. What does not fit is cut off
 * between characters.
 */
void display_copy(char *to, size_t size, const char *from, size_t length);

#define DISPLAY_NAME_CHARACTERS 64
#define DISPLAY_NAME_SIZE (4 * DISPLAY_NAME_CHARACTERS + 1) /* bytes, NUL included */

/*
 * Copies the NUL-terminated name of an account or a service as it is, if it has 1 to 64 characters,
 * ASCII letters and digits, \ @ + . _ -, and what can be seen outside ASCII (character.h). Any
 * other name, or NULL, becomes "(unusual name)". Names that look alike are told apart by nobody.
 */
void display_name(char shown[static DISPLAY_NAME_SIZE], const char *name);

/* Appends what display_name() has made, in guillemets if it is a name. */
void display_add_quoted(struct text *text, const char *shown);

/* Where the first byte stands that is not UTF-8 (RFC 3629); `length` if there is none. */
size_t display_find_invalid(const char *bytes, size_t length);

#endif
