#include "answers.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "deadline.h"

#define BLANKS " \t\r"

/* Takes the first line off what was typed, if there is a whole one. Returns whether there was. */
static bool take_line(struct answers *answers, char line[static ANSWERS_LINE_MAX])
{
	char *newline = memchr(answers->bytes, '\n', answers->length);
	size_t length, begin = 0, taken;

	if (newline == NULL && answers->length < sizeof(answers->bytes) - 1)
		return false;
	length = newline == NULL ? answers->length : (size_t)(newline - answers->bytes);
	taken = newline == NULL ? length : length + 1;
	while (begin < length && strchr(BLANKS, answers->bytes[begin]) != NULL)
		begin++;
	while (length > begin && strchr(BLANKS, answers->bytes[length - 1]) != NULL)
		length--;
	memcpy(line, answers->bytes + begin, length - begin);
	line[length - begin] = '\0';
	memmove(answers->bytes, answers->bytes + taken, answers->length - taken);
	answers->length -= taken;
	explicit_bzero(answers->bytes + answers->length, taken);
	return true;
}

/* Not by stdio: poll(2) knows nothing of a line that lies in its buffer. */
static void read_more(struct answers *answers)
{
	ssize_t got;

	do {
		got = read(STDIN_FILENO, answers->bytes + answers->length,
			sizeof(answers->bytes) - 1 - answers->length);
	} while (got < 0 && errno == EINTR);
	if (got <= 0)
		answers->ended = true;
	else
		answers->length += (size_t)got;
}

int answers_next(struct answers *answers, int ms, char line[static ANSWERS_LINE_MAX])
{
	struct deadline deadline = deadline_in(ms);

	(void)fflush(stdout);
	while (!take_line(answers, line)) {
		struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
		int ready;

		if (answers->ended)
			return -ENODATA;
		ready = poll(&input, 1, ms < 0 ? -1 : deadline_left(deadline));
		if (ready == 0)
			return 0;
		if (ready > 0)
			read_more(answers);
		else if (errno != EINTR)
			answers->ended = true;
	}
	return 1;
}

bool answers_agree(struct answers *answers, const char *question)
{
	char line[ANSWERS_LINE_MAX];

	printf("%s [y/N] ", question);
	return answers_next(answers, -1, line) == 1 &&
	       (strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0);
}

void answers_finish(struct answers *answers)
{
	explicit_bzero(answers, sizeof(*answers));
}
