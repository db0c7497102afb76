#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void text_init(struct text *text, char *bytes, size_t size)
{
	text->bytes = bytes;
	text->size = size;
	text->length = 0;
	text->truncated = false;
	bytes[0] = '\0';
}

void text_add_bytes(struct text *text, const char *bytes, size_t length)
{
	if (text->truncated)
		return;
	if (length >= text->size - text->length) {
		text->truncated = true;
		return;
	}
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = '\0';
}

void text_add(struct text *text, const char *string)
{
	text_add_bytes(text, string, strlen(string));
}

static void __attribute__((format(printf, 2, 0)))
add_formatted(struct text *text, const char *format, va_list arguments)
{
	size_t room = text->size - text->length;
	int length;

	if (text->truncated)
		return;
	length = vsnprintf(text->bytes + text->length, room, format, arguments);
	if (length < 0 || (size_t)length >= room) {
		text->truncated = true;
		return;
	}
	text->length += (size_t)length;
}

void text_addf(struct text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_formatted(text, format, arguments);
	va_end(arguments);
}

int text_finish(const struct text *text)
{
	return text->truncated ? -ENOSPC : 0;
}

int text_format(char *bytes, size_t size, const char *format, ...)
{
	struct text text;
	va_list arguments;

	text_init(&text, bytes, size);
	va_start(arguments, format);
	add_formatted(&text, format, arguments);
	va_end(arguments);
	return text_finish(&text);
}
