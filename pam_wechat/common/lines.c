#include "lines.h"

#include <errno.h>
#include <string.h>

#include "plain.h"
#include "problem.h"

void lines_init(struct lines *lines, const char *bytes, size_t length)
{
	lines->at = bytes;
	lines->end = bytes + length;
	lines->number = 0;
}

static const char *find_fault(const char *line, size_t length, size_t number)
{
	const char *fault = number == 1 ? plain_encoding_fault(line, length) : NULL;

	if (fault != NULL)
		return fault;
	if (length > LINES_LENGTH_MAX)
		return "the line is longer than 4096 bytes";
	if (memchr(line, '\r', length) != NULL)
		return PLAIN_WINDOWS;
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)line[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return "the line holds a control character";
	}
	return NULL;
}

int lines_next(struct lines *lines, char *line, struct problem *problem)
{
	const char *newline, *end, *fault;
	size_t length;

	if (lines->at >= lines->end)
		return 0;
	lines->number++;
	newline = memchr(lines->at, '\n', (size_t)(lines->end - lines->at));
	end = newline == NULL ? lines->end : newline;
	length = (size_t)(end - lines->at);
	fault = find_fault(lines->at, length, lines->number);
	if (fault != NULL)
		return problem_set(problem, -EINVAL, "%s", fault);
	memcpy(line, lines->at, length);
	line[length] = '\0';
	lines->at = newline == NULL ? lines->end : newline + 1;
	return 1;
}
