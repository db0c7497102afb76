/*
 * paragraph - text for people, broken where a line of a terminal is full.
 */
#ifndef PAM_WECHAT_IO_PARAGRAPH_H
#define PAM_WECHAT_IO_PARAGRAPH_H

#include <stdio.h>

#define PARAGRAPH_CELLS 80
#define PARAGRAPH_EXAMPLE 4 /* blanks before what is to be copied */

/*
 * Prints what the format makes, broken at blanks so that no line is wider than 80 cells, a newline
 * behind it. A '\n' in it ends a line; one that begins with four blanks is printed as it is, to be
 * copied. A word that is longer than a line has one for itself.
 */
void paragraph_print(FILE *stream, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
