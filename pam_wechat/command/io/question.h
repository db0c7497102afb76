/*
 * question - asks whoever sits at standard input, or a pipe, for one line.
 */
#ifndef PAM_WECHAT_IO_QUESTION_H
#define PAM_WECHAT_IO_QUESTION_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Shows `prompt` and reads a line, without what is blank around it. A hidden one is not echoed by
 * the terminal. Whatever happens the terminal is as it was when this returns. Returns 0; -EINTR if
 * a signal asks the program to end (SIGINT and its like, which do not end it meanwhile); -ENODATA
 * at the end of input; -E2BIG if the line does not fit, which then is gone; or another -errno.
 */
int question_ask(const char *prompt, bool hidden, char *line, size_t size);

/* Reads a line of a descriptor in the same way, byte by byte: nothing behind it is touched. */
int question_read_line(int fd, char *line, size_t size);

#endif
