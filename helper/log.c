#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "deadline.h"

#define LIMIT_LINES 10
#define LIMIT_MS 10000

static void __attribute__((format(printf, 1, 0))) write_line(const char *format, va_list arguments)
{
	char line[1100];
	size_t length;

	(void)vsnprintf(line, sizeof(line) - 1, format, arguments);
	length = strlen(line);
	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	}
	line[length] = '\n';
	/* There is nobody to tell that the log is gone. */
	if (write(STDERR_FILENO, line, length + 1) < 0)
		return;
}

void log_line(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_line(format, arguments);
	va_end(arguments);
}

void log_limited(const char *format, ...)
{
	static int64_t since;
	static unsigned int lines, dropped;
	va_list arguments;
	int64_t now = deadline_now();

	if (lines == 0 || now - since >= LIMIT_MS) {
		if (dropped > 0)
			log_line("%u lines like the next were left out", dropped);
		since = now;
		lines = 0;
		dropped = 0;
	}
	if (lines >= LIMIT_LINES) {
		dropped++;
		return;
	}
	lines++;
	va_start(arguments, format);
	write_line(format, arguments);
	va_end(arguments);
}
