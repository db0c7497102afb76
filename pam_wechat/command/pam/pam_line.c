#include "pam_line.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

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
		return (size_t)(comment - part);
	length = trim(part, length);
	*goes_on = length > 0 && part[length - 1] == '\\';
	return *goes_on ? length - 1 : length;
}

/* Joins the lines that belong together in lines->words. */
static int join(struct pam_lines *lines, struct pam_line *line, struct problem *problem)
{
	struct text text;
	bool goes_on = false;

	text_init(&text, lines->words, sizeof(lines->words));
	line->begin = (size_t)(lines->at - lines->bytes);
	line->number = lines->number + 1;
	do {
		const char *part;
		size_t length;
		bool had_begun = goes_on;

		if (!next_part(lines, &part, &length))
			return goes_on ? problem_set(problem, -EINVAL,
						 "the line goes on behind the end of the file")
			               : 0;
		length = cut(part, length, &goes_on);
		/* Comments and blank lines may stand between lines that belong together. */
		goes_on = goes_on || (had_begun && trim(part, length) == 0);
		text_add_bytes(&text, part, length);
		text_add(&text, goes_on ? " " : "");
	} while (goes_on);
	line->last = lines->number;
	line->end = (size_t)(lines->at - lines->bytes);
	return text_finish(&text) < 0
	               ? problem_set(problem, -EINVAL, "the line is longer than 4096 bytes")
	               : 1;
}

const char *pam_line_take(char **at)
{
	char *word = *at + strspn(*at, blanks);
	char *end = word + strcspn(word, blanks);

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
	char *at = lines->words;
	int rv;

	*line = (struct pam_line){.kind = PAM_LINE_NOTHING, .type = "", .control = ""};
	rv = join(lines, line, problem);
	if (rv <= 0)
		return rv;
	line->type = pam_line_take(&at);
	if (strcasecmp(line->type, "@include") == 0) {
		line->kind = PAM_LINE_INCLUDE;
	} else if (line->type[0] != '\0') {
		/* "-auth": a module that is not installed is not missed. */
		line->type += line->type[0] == '-';
		line->control = pam_line_take(&at);
		line->kind = kind_of(line->control);
	}
	line->module = pam_line_take(&at);
	line->arguments = at;
	return 1;
}

bool pam_line_is_of(const struct pam_line *line, const char *type)
{
	return strcasecmp(line->type, type) == 0 || strcasecmp(line->type, "@include") == 0;
}

bool pam_line_is_ours(const struct pam_line *line)
{
	const char *slash = strrchr(line->module, '/');

	return line->kind == PAM_LINE_MODULE &&
	       strcmp(slash == NULL ? line->module : slash + 1, ours) == 0;
}
