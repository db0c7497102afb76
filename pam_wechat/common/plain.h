/*
 * plain - finds what looks like plain text in a file and is not: what editors, input methods, web
 * pages and other systems put in the place of a blank, a comma or nothing.
 */
#ifndef PAM_WECHAT_COMMON_PLAIN_H
#define PAM_WECHAT_COMMON_PLAIN_H

#include <stddef.h>

struct problem;

/* Between a sentence and the command that mends the whole file, whose name stands there as FILE. */
#define PLAIN_MEND "; for the whole file: "
#define PLAIN_WINDOWS \
	"the line ends as on Windows, with a carriage return" PLAIN_MEND "sed -i 's/\\r//g' FILE"

/*
 * What is wrong with the encoding of a file that begins with these bytes (a byte order mark,
 * UTF-16), as a sentence that has such a command. NULL if nothing is.
 */
const char *plain_encoding_fault(const char *bytes, size_t length);

/*
 * Judges a line, up to a '#': blanks and invisible characters outside ASCII, and the full-width
 * forms of the marks that our files use. Returns 0; or -EINVAL with the problem set to a sentence
 * that has such a command. Bytes that are not UTF-8 are left alone.
 */
int plain_judge_line(const char *line, struct problem *problem);

#endif
