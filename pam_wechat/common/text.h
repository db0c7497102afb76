/*
 * text - builds a string in a buffer of the caller's, and never overruns it.
 *
 * Additions after the buffer is full are ignored; text_finish() then reports
 * the truncation once, so that callers check in one place.
 */
#ifndef PAM_WECHAT_COMMON_TEXT_H
#define PAM_WECHAT_COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
	char *bytes;   /* always NUL-terminated */
	size_t size;   /* of the buffer, the NUL included */
	size_t length; /* without the NUL */
	bool truncated;
};

/* Starts an empty text in `bytes`, which holds `size` >= 1 bytes and outlives the text. */
void text_init(struct text *text, char *bytes, size_t size);

/* Appends a string, `length` bytes, or what a format makes of its arguments. */
void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const char *bytes, size_t length);
void text_addf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Returns 0, or -ENOSPC if anything added did not fit. */
int text_finish(const struct text *text);

/*
 * Formats into `bytes` at once. Returns 0, or -ENOSPC if the result did not fit; the buffer then
 * holds its beginning, NUL-terminated.
 */
int text_format(char *bytes, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
