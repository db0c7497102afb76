#include "pam_line.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "display.h"
#include "plain.h"
#include "problem.h"
#include "text.h"

static const char blanks[] = " \t";
static const char ours[] = "pam_wechat.so";

void pam_lines_init(struct pam_lines *lines, const char *bytes, size_t length)
{
	*lines = (struct pam_lines){.bytes = bytes, .at = bytes, .end = bytes + length};
}

/* Gives the next line of the file, without its end. Returns false after the last. */
static bool next_part(struct pam_lines *lines, const char **part, size_t *length)
{
	const char *newline;

	if (lines->at == lines->end)
		return false;
	newline = memchr(lines->at, '\n', (size_t)(lines->end - lines->at));
	*part = lines->at;
	*length = (size_t)((newline == NULL ? lines->end : newline) - lines->at);
	lines->at = newline == NULL ? lines->end : newline + 1;
	lines->number++;
	return true;
}

/* The length without the blanks behind. */
static size_t trim(const char *part, size_t length)
{
	while (length > 0 && strchr(blanks, part[length - 1]) != NULL)
		length--;
	return length;
}

/* The length without comment, blanks behind and backslash; *goes_on says whether that was there. */
static size_t cut(const char *part, size_t length, bool *goes_on)
{
	const char *comment = memchr(part, '#', length);

	*goes_on = false;
	if (comment != NULL)
		return trim(part, (size_t)(comment - part));
	length = trim(part, length);
	*goes_on = length > 0 && part[length - 1] == '\\';
	return *goes_on ? length - 1 : length;
}

/* What is between the words for some programs, and part of a word for libpam. */
static const char *find_control(const char *part, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (part[i] == '\r')
			return "a carriage return stands in the line: libpam takes it for a part "
			       "of the word (a file of Windows?)" PLAIN_MEND
			       "sed -i 's/\\r//g' FILE";
		if (((unsigned char)part[i] < ' ' && part[i] != '\t') || part[i] == '\x7f')
			return "a control character stands in the line";
	}
	return NULL;
}

/*
 * Joins the lines that belong together in lines->words. Where versions of libpam join them
 * differently there is a fault, and *fault says which.
 */
static int join(struct pam_lines *lines, struct pam_line *line, const char **fault)
{
	const char *first = lines->at;
	struct text text;
	bool goes_on = false;

	text_init(&text, lines->words, sizeof(lines->words));
	line->begin = (size_t)(first - lines->bytes);
	line->number = lines->number + 1;
	do {
		const char *part;
		size_t length, kept;
		bool had_begun = goes_on;

		if (!next_part(lines, &part, &length)) {
			*fault = goes_on ? "the line goes on behind the end of the file: libpam "
			                   "reads nothing of the service then"
			                 : NULL;
			return goes_on ? -ENODATA : 0;
		}
		kept = cut(part, length, &goes_on);
		/* Up to 1.5 libpam skips it; from 1.7 on the line ends there. */
		if (had_begun && !goes_on && kept == 0)
			*fault = "a comment or a blank line follows a backslash: libpam's versions "
				 "disagree whether the line goes on behind it";
		if (*fault == NULL)
			*fault = find_control(part, kept);
		text_add_bytes(&text, part, kept);
		text_add(&text, goes_on ? " " : "");
	} while (goes_on);
	line->last = lines->number;
	line->end = (size_t)(lines->at - lines->bytes);
	/* Up to 1.5 libpam cuts there, in a comment too, and takes the rest for another line. */
	if (lines->at - first > PAM_LINE_LENGTH_MAX || text_finish(&text) < 0)
		*fault = "the line is longer than 1023 bytes: libpam may take its end for a line "
			 "of its own";
	return 1;
}

char *pam_line_take(char **at)
{
	char *word, *end;

	if (*at == NULL)
		return NULL;
	word = *at + strspn(*at, blanks);
	end = word + strcspn(word, blanks);
	if (*word == '\0')
		return *at = NULL;
	if (*word == '[') {
		char *to = ++word;

		for (end = word; *end != '\0' && *end != ']'; end++) {
			if (*end == '\\' && end[1] == ']')
				end++;
			*to++ = *end;
		}
		*at = *end == '\0' ? end : end + 1;
		*to = '\0';
		return word;
	}
	*at = *end == '\0' ? end : end + 1;
	*end = '\0';
	return word;
}

static enum pam_line_kind kind_of(const char *control)
{
	if (strcasecmp(control, "include") == 0)
		return PAM_LINE_INCLUDE;
	return strcasecmp(control, "substack") == 0 ? PAM_LINE_SUBSTACK : PAM_LINE_MODULE;
}

int pam_lines_next(struct pam_lines *lines, struct pam_line *line, struct problem *problem)
{
	const char *fault = NULL;
	char *at = lines->words;
	int rv;

	*line = (struct pam_line){.kind = PAM_LINE_NOTHING};
	rv = join(lines, line, &fault);
	if (fault != NULL)
		return problem_set(problem, rv < 0 ? rv : -EINVAL, "%s", fault);
	if (rv == 0)
		return 0;
	line->type = pam_line_take(&at);
	if (line->type == NULL)
		return 1;
	line->is_quiet = line->type[0] == '-';
	line->type += line->is_quiet;
	if (strcasecmp(line->type, "@include") == 0) {
		line->kind = PAM_LINE_INCLUDE;
	} else {
		line->control = pam_line_take(&at);
		line->kind = line->control == NULL ? PAM_LINE_MODULE : kind_of(line->control);
	}
	line->module = pam_line_take(&at);
	line->arguments = at;
	return 1;
}

bool pam_line_is_of(const struct pam_line *line, const char *type)
{
	return line->type != NULL && strcasecmp(line->type, type) == 0;
}

bool pam_line_is_ours(const struct pam_line *line)
{
	const char *slash = line->module == NULL ? NULL : strrchr(line->module, '/');

	return line->kind == PAM_LINE_MODULE && line->module != NULL &&
	       strcmp(slash == NULL ? line->module : slash + 1, ours) == 0;
}

void pam_line_show(char *shown, size_t size, const char *line, size_t length)
{
	char *to = shown;

	display_copy(shown, size, line, length);
	for (const char *at = shown; *at != '\0'; at++) {
		bool is_blank = strchr(blanks, *at) != NULL;

		if (!is_blank)
			*to++ = *at;
		else if (to > shown && to[-1] != ' ')
			*to++ = ' ';
	}
	*to = '\0';
}
