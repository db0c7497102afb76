/*
 * prompt - what the administrator types, or a file or pipe says, a line at a time. All of it is
 * read byte by byte: nothing behind a line is touched.
 */
#ifndef PAM_WECHAT_IO_PROMPT_H
#define PAM_WECHAT_IO_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

#define PROMPT_LINE_MAX 1024

struct prompt {
	char bytes[PROMPT_LINE_MAX]; /* of the line that is being typed; all zero to begin with */
	size_t length;               /* which may be more than was kept */
	bool ended;
};

/*
 * Waits at most `ms` milliseconds (-1: without limit) for a line at standard input, and copies it
 * without its end and without blanks around it; what is too long is cut off. What was written to
 * standard output is shown before. Returns 1; 0 when the time is up; -ENODATA at the end of the
 * input, for good.
 */
int prompt_next(struct prompt *prompt, int ms, char line[static PROMPT_LINE_MAX]);

/* Asks a question, " [y/N] " behind it. Whatever is not yes is no. */
bool prompt_agree(struct prompt *prompt, const char *question);

/* Wipes what was typed. */
void prompt_finish(struct prompt *prompt);

/*
 * Shows `text` and reads a line, without what is blank around it, which the end of the input ends
 * as well. A hidden one is not echoed by the terminal. Whatever happens the terminal is as it was
 * when this returns. Returns 0; -EINTR if a signal asks the program to end (SIGINT and its like,
 * which do not end it meanwhile); -ENODATA at the end of input; -E2BIG if the line does not fit
 * into `line` or PROMPT_LINE_MAX, which then is gone; or another -errno.
 */
int prompt_ask(const char *text, bool hidden, char *line, size_t size);

/* Reads a line of a descriptor in the same way. */
int prompt_read_line(int fd, char *line, size_t size);

#endif
