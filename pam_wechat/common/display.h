/*
 * display - makes text from outside fit to be shown: on a terminal, in a log, on a page.
 *
 * Nicknames, host names and terminals' names come from people who may be hostile. What is shown
 * of them is bounded, valid UTF-8, and free of everything that moves a cursor or reorders text.
 */
#ifndef PAM_WECHAT_COMMON_DISPLAY_H
#define PAM_WECHAT_COMMON_DISPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/*
 * Reads one character as RFC 3629 has it: no overlong forms, no surrogates, nothing past U+10FFFF.
 * `left` is at least 1. Returns its length in bytes, or 0 if the bytes are not UTF-8.
 */
size_t display_read(const char *bytes, size_t left, uint32_t *character);

/* Whether somebody sees a character outside ASCII, alone and between others: no blank, no filler.
 */
bool display_is_seen(uint32_t character);

/*
 * Copies `length` bytes into `to` (`size` >= 1 bytes, NUL included) as ASCII that tells them apart:
 * those that are no printable ASCII become "\xe2". What does not fit is cut off.
 */
void display_escape(char *to, size_t size, const char *from, size_t length);

#define DISPLAY_BOTH_SIZE 1536

/*
 * Copies a name as display_copy() does; one that is not ASCII is followed by its bytes in brackets,
 * which tell letters apart that look alike.
 */
void display_both(char to[static DISPLAY_BOTH_SIZE], const char *name);

#endif
