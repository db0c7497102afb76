#include "problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int problem_set(struct problem *problem, int error, const char *format, ...)
{
	va_list arguments;

	/* A sentence that is cut off still says more than none. */
	va_start(arguments, format);
	(void)vsnprintf(problem->text, sizeof(problem->text), format, arguments);
	va_end(arguments);
	return error;
}

void problem_locate(struct problem *problem, const char *format, ...)
{
	struct problem old = *problem;
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	(void)vsnprintf(problem->text, sizeof(problem->text), format, arguments);
	va_end(arguments);
	length = strlen(problem->text);
	(void)snprintf(problem->text + length, sizeof(problem->text) - length, "%s", old.text);
}
