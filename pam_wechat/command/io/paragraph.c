#include "paragraph.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* How many cells a word takes at most: names may be Chinese. */
static size_t width_of(const char *word, size_t length)
{
	size_t width = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)word[i];

		/* Bytes that go on with a character are none; from U+1000 on many are wide. */
		if (byte < 0x80 || byte >= 0xc0)
			width += byte >= 0xe1 && byte != 0xe2 ? 2 : 1;
	}
	return width;
}

/* Lines that a line is broken into are as far from the margin as it is. */
static void print_line(FILE *stream, const char *line, size_t length, size_t margin)
{
	const char *end = line + length;
	size_t used = 0;

	for (line += margin; line < end; line += strspn(line, " ")) {
		size_t word = strcspn(line, " \n");
		size_t width = width_of(line, word);

		if (used > 0 && used + 1 + width > PARAGRAPH_CELLS) {
			fputc('\n', stream);
			used = 0;
		}
		if (used == 0) {
			fprintf(stream, "%*s", (int)margin, "");
			used = margin;
		} else {
			fputc(' ', stream);
			used++;
		}
		fprintf(stream, "%.*s", (int)word, line);
		used += width;
		line += word;
	}
}

void paragraph_print(FILE *stream, const char *format, ...)
{
	va_list arguments;
	char *text = NULL;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	for (const char *at = text, *next; at != NULL; at = next) {
		size_t length = strcspn(at, "\n"), margin = strspn(at, " ");

		next = at[length] == '\n' ? at + length + 1 : NULL;
		if (margin >= PARAGRAPH_EXAMPLE)
			fprintf(stream, "%.*s", (int)length, at);
		else
			print_line(stream, at, length, margin);
		fputc('\n', stream);
	}
	free(text);
}
