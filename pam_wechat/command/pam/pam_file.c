#include "pam_file.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "lines.h"
#include "pam_line.h"
#include "problem.h"
#include "text.h"

static const char begin_mark[] = "# BEGIN pam-wechat";
static const char end_mark[] = "# END pam-wechat";
static const char kept_mark[] = "# before: ";

static const char *const pam_lines[] = {
	[PAM_FILE_ALONE] = "auth    required    pam_wechat.so",
	[PAM_FILE_SECOND_FACTOR] = "auth    [success=ok ignore=ignore default=die]         "
				   "pam_wechat.so unlisted=ignore",
};

const char *pam_file_line(enum pam_file_form form)
{
	return pam_lines[form];
}

struct block {
	size_t first, last; /* numbers of its marks' lines; 0: not there */
	size_t begin, end;  /* where it stands in the text, the marks included */
	size_t trial;       /* number of the line of rehearsal.h; 0: none */
	size_t trial_begin, trial_end;
};

static bool begins_with(const char *line, const char *mark)
{
	return strncmp(line, mark, strlen(mark)) == 0;
}

/* Looks at one line for a mark. Returns what is wrong with it, or NULL. */
static const char *note_mark(
	struct block *block, const char *line, const struct lines *lines, size_t begin, size_t end)
{
	if (begins_with(line, begin_mark)) {
		if (block->first != 0)
			return "a second block of pam-wechat's begins here: take one out by hand";
		block->first = lines->number;
		block->begin = begin;
	} else if (begins_with(line, end_mark)) {
		if (block->first == 0 || block->last != 0)
			return "a block of pam-wechat's ends here that did not begin";
		block->last = lines->number;
		block->end = end;
	} else if (begins_with(line, REHEARSAL_MARK) && block->first != 0 && block->last == 0) {
		if (block->trial != 0)
			return "a second trial stands here: take one out by hand";
		block->trial = lines->number;
		block->trial_begin = begin;
		block->trial_end = end;
	}
	return NULL;
}

static int find_block(const char *path, const char *bytes, size_t length, struct block *block,
	struct problem *problem)
{
	char line[LINES_LENGTH_MAX + 1];
	const char *fault = NULL;
	struct lines lines;
	size_t begin = 0;
	int rv;

	*block = (struct block){.first = 0};
	lines_init(&lines, bytes, length);
	while ((rv = lines_next(&lines, line, problem)) > 0 && fault == NULL) {
		size_t end = (size_t)(lines.at - bytes);

		fault = note_mark(block, line, &lines, begin, end);
		if (fault != NULL)
			return problem_set(
				problem, -EINVAL, "%s:%zu: %s", path, lines.number, fault);
		begin = end;
	}
	if (rv < 0) {
		problem_locate(problem, "%s:%zu: ", path, lines.number);
		return rv;
	}
	if (block->first != 0 && block->last == 0)
		return problem_set(problem, -EINVAL,
			"%s:%zu: the block that begins here has no end: take it out by hand", path,
			block->first);
	return 0;
}

/* Whether this is the line that asks for the password, in whatever words. */
static bool is_place(const struct pam_line *line)
{
	/* "@include" has no control, and brings lines of every type. */
	return (line->control == NULL || pam_line_is_of(line, "auth")) &&
	       (line->kind == PAM_LINE_INCLUDE || line->kind == PAM_LINE_SUBSTACK) &&
	       line->module != NULL && strcmp(line->module, "common-auth") == 0;
}

static int judge(const char *path, const struct pam_line *line, const struct pam_line *place,
	struct problem *problem)
{
	if (pam_line_is_ours(line))
		return problem_set(problem, -EINVAL,
			"%s:%zu: pam_wechat.so stands here already, not put there by this command: "
			"take the line out first",
			path, line->number);
	if (!is_place(line))
		return 0;
	if (place->number != 0)
		return problem_set(problem, -EINVAL,
			"%s:%zu: common-auth is included a second time: write the PAM line by hand",
			path, line->number);
	if (line->number != line->last)
		return problem_set(problem, -EINVAL,
			"%s:%zu: write this on one line, without a backslash", path, line->number);
	return 0;
}

/* Finds the line that includes common-auth. Its strings are not to be used any more. */
static int find_place(const char *path, const char *bytes, size_t length, struct pam_line *place,
	struct problem *problem)
{
	struct pam_lines lines;
	struct pam_line line;
	int rv;

	*place = (struct pam_line){.number = 0};
	pam_lines_init(&lines, bytes, length);
	while ((rv = pam_lines_next(&lines, &line, problem)) > 0) {
		rv = judge(path, &line, place, problem);
		if (rv < 0)
			return rv;
		if (is_place(&line))
			*place = line;
	}
	if (rv < 0) {
		problem_locate(problem, "%s:%zu: ", path, line.number);
		return -EINVAL;
	}
	if (place->number == 0)
		return problem_set(problem, -ENOENT,
			"%s: there is no line \"@include common-auth\", whose place WeChat would "
			"take: write the PAM line by hand",
			path);
	return 0;
}

static void add_block(struct text *edited, enum pam_file_form form, const char *kept,
	size_t kept_length, const char *options, const char *trial)
{
	text_addf(edited, "%s: \"pam-wechat disable\" takes this block out again\n", begin_mark);
	if (trial[0] != '\0')
		text_addf(edited, "%s\n", trial);
	if (form == PAM_FILE_ALONE) {
		text_add(edited, kept_mark);
		text_add_bytes(edited, kept, kept_length);
		text_add(edited, "\n");
	}
	text_addf(edited, "%s%s%s\n%s", pam_lines[form], options[0] == '\0' ? "" : " ", options,
		end_mark);
}

int pam_file_enable(const char *path, const char *bytes, size_t length, enum pam_file_form form,
	const char *options, const char *trial, struct text *edited, struct problem *problem)
{
	struct pam_line place;
	struct block block;
	size_t line_length;
	bool has_newline;
	int rv;

	rv = find_block(path, bytes, length, &block, problem);
	if (rv < 0)
		return rv;
	if (block.first != 0)
		return problem_set(problem, -EEXIST, "%s:%zu: WeChat is asked here already%s", path,
			block.first,
			block.trial == 0 ? ""
					 : ", on trial: keep it by --keep, or end it by "
					   "\"pam-wechat disable\"");
	rv = find_place(path, bytes, length, &place, problem);
	if (rv < 0)
		return rv;
	has_newline = bytes[place.end - 1] == '\n';
	line_length = place.end - place.begin - has_newline;
	text_add_bytes(edited, bytes, place.begin);
	if (form == PAM_FILE_SECOND_FACTOR) {
		text_add_bytes(edited, bytes + place.begin, line_length);
		text_add(edited, "\n");
	}
	add_block(edited, form, bytes + place.begin, line_length, options, trial);
	/* The end of a file without a newline stays one. */
	text_add(edited, has_newline ? "\n" : "");
	text_add_bytes(edited, bytes + place.end, length - place.end);
	if (text_finish(edited) < 0)
		return problem_set(problem, -EINVAL, "%s: the file is too large", path);
	return (int)place.number;
}

/* Whether a line of the block is a PAM line of ours. */
static bool is_pam_line(const char *string)
{
	struct problem problem = {.text = ""};
	struct pam_lines lines;
	struct pam_line line;

	pam_lines_init(&lines, string, strlen(string));
	return pam_lines_next(&lines, &line, &problem) > 0 && pam_line_is_ours(&line);
}

/* Appends what the block has kept, and what goes with it. */
static int add_kept(const char *path, const char *bytes, const struct block *block,
	struct text *edited, struct text *taken, struct problem *problem)
{
	char line[LINES_LENGTH_MAX + 1];
	struct lines lines;

	lines_init(&lines, bytes + block->begin, block->end - block->begin);
	/* find_block() has read the same lines. */
	while (lines_next(&lines, line, problem) > 0) {
		size_t number = block->first + lines.number - 1;

		if (begins_with(line, kept_mark))
			text_addf(edited, "%s\n", line + strlen(kept_mark));
		else if (number == block->first || number == block->last || number == block->trial)
			continue;
		else if (is_pam_line(line))
			text_addf(taken, "%s\n", line);
		else
			return problem_set(problem, -EINVAL,
				"%s:%zu: this line is not pam-wechat's: move it out of the block",
				path, number);
	}
	return 0;
}

int pam_file_disable(const char *path, const char *bytes, size_t length, struct text *edited,
	struct text *taken, struct problem *problem)
{
	struct block block;
	int rv = find_block(path, bytes, length, &block, problem);

	if (rv < 0)
		return rv;
	if (block.first == 0)
		return problem_set(problem, -ENOENT, "%s: there is no block of pam-wechat's", path);
	text_add_bytes(edited, bytes, block.begin);
	rv = add_kept(path, bytes, &block, edited, taken, problem);
	if (rv < 0)
		return rv;
	if (bytes[block.end - 1] != '\n' && edited->length > 0)
		edited->bytes[--edited->length] = '\0';
	text_add_bytes(edited, bytes + block.end, length - block.end);
	return text_finish(edited) < 0
	               ? problem_set(problem, -EINVAL, "%s: the file is too large", path)
	               : 0;
}

int pam_file_trial(const char *path, const char *bytes, size_t length,
	char trial[REHEARSAL_LINE_MAX], struct problem *problem)
{
	struct block block;
	int rv = find_block(path, bytes, length, &block, problem);

	trial[0] = '\0';
	if (rv < 0 || block.trial == 0)
		return rv;
	/* Cut off, it is not such a line any more, and is not taken for one. */
	(void)text_format(trial, REHEARSAL_LINE_MAX, "%.*s",
		(int)(block.trial_end - block.trial_begin - strlen("\n")),
		bytes + block.trial_begin);
	return (int)block.trial;
}

int pam_file_keep(const char *path, const char *bytes, size_t length, struct text *edited,
	struct problem *problem)
{
	struct block block;
	int rv = find_block(path, bytes, length, &block, problem);

	if (rv < 0)
		return rv;
	if (block.trial == 0)
		return problem_set(problem, -ENOENT, "%s: nothing is on trial there", path);
	text_add_bytes(edited, bytes, block.trial_begin);
	text_add_bytes(edited, bytes + block.trial_end, length - block.trial_end);
	return text_finish(edited) < 0
	               ? problem_set(problem, -EINVAL, "%s: the file is too large", path)
	               : 0;
}
