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
	lines_init(&lines->lines, bytes, length);
	lines->bytes = bytes;
	lines->words[0] = '\0';
}

/* Cuts the comment off. Returns whether the line goes on behind a backslash, which is cut, too. */
static bool cut(char *line)
{
	char *comment = strchr(line, '#');
	size_t length;

	if (comment != NULL) {
		*comment = '\0';
		return false;
	}
	length = strlen(line);
	while (length > 0 && strchr(blanks, line[length - 1]) != NULL)
		length--;
	if (length == 0 || line[length - 1] != '\\')
		return false;
	line[length - 1] = ' ';
	line[length] = '\0';
	return true;
}

/* Joins the lines that belong together in lines->words. */
static int join(struct pam_lines *lines, struct pam_line *line, struct problem *problem)
{
	char one[LINES_LENGTH_MAX + 1];
	struct text text;
	bool goes_on = false;
	int rv;

	text_init(&text, lines->words, sizeof(lines->words));
	line->begin = (size_t)(lines->lines.at - lines->bytes);
	do {
		rv = lines_next(&lines->lines, one, problem);
		if (rv < 0)
			return rv;
		if (rv == 0)
			return goes_on ? problem_set(problem, -EINVAL,
						 "the line goes on behind the end of the file")
			               : 0;
		if (text.length == 0)
			line->number = lines->lines.number;
		/* Comments and blank lines may stand between lines that belong together. */
		if (goes_on && one[strspn(one, blanks)] == '#')
			one[0] = '\0';
		else if (!goes_on || one[strspn(one, blanks)] != '\0')
			goes_on = cut(one);
		text_add(&text, one);
	} while (goes_on);
	line->last = lines->lines.number;
	line->end = (size_t)(lines->lines.at - lines->bytes);
	return text_finish(&text) < 0
	               ? problem_set(problem, -EINVAL, "the line is longer than 4096 bytes")
	               : 1;
}

/* Takes the next word, or what stands in brackets, from *at; "" at the end. */
static const char *take(char **at)
{
	char *word = *at + strspn(*at, blanks);
	bool in_brackets = *word == '[';
	char *end;

	word += in_brackets;
	end = word + (in_brackets ? 0 : strcspn(word, blanks));
	while (in_brackets && *end != '\0' && (*end != ']' || end[-1] == '\\'))
		end++;
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
	const char *type;
	int rv;

	*line = (struct pam_line){.kind = PAM_LINE_NOTHING, .control = ""};
	rv = join(lines, line, problem);
	if (rv <= 0)
		return rv;
	type = take(&at);
	if (strcasecmp(type, "@include") == 0) {
		line->kind = PAM_LINE_INCLUDE;
		line->is_auth = true;
	} else if (*type != '\0') {
		/* "-auth": a module that is not installed is not missed. */
		line->is_auth = strcasecmp(type + (*type == '-'), "auth") == 0;
		line->control = take(&at);
		line->kind = kind_of(line->control);
	}
	line->module = take(&at);
	line->arguments = at + strspn(at, blanks);
	return 1;
}

bool pam_line_is_ours(const struct pam_line *line)
{
	const char *slash = strrchr(line->module, '/');

	return line->kind == PAM_LINE_MODULE &&
	       strcmp(slash == NULL ? line->module : slash + 1, ours) == 0;
}
