#include "pam_way.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pam_file.h"
#include "pam_line.h"
#include "problem.h"
#include "safe_file.h"
#include "secret.h"
#include "text.h"

#define DEPTH_MAX 16 /* libpam stops at 32 */

struct walk {
	struct pam_way *way;
	struct text before;
	const char *folder;
	size_t substacks; /* that we are in: nothing in them ends or jumps over what is outside */
	size_t jump;      /* how many more lines one from before may jump over */
	char jump_from[512];
};

static int walk_text(struct walk *walk, const char *path, const char *bytes, size_t length,
	size_t depth, struct problem *problem);

/* What a line may do besides deciding for itself. */
struct effects {
	size_t jump;    /* how many lines it can jump over */
	bool may_end;   /* nothing behind it is asked then */
	bool may_reset; /* what was denied before is forgotten then */
};

/* Reads "success=2 default = ignore"; blanks may stand around each sign. */
static struct effects effects_of(const char *control)
{
	struct effects effects = {.may_end = strcasecmp(control, "sufficient") == 0};

	for (const char *sign = strchr(control, '='); sign != NULL; sign = strchr(sign + 1, '=')) {
		const char *action = sign + 1 + strspn(sign + 1, " \t");
		unsigned long jump =
			*action >= '0' && *action <= '9' ? strtoul(action, NULL, 10) : 0;

		if (jump > effects.jump)
			effects.jump = jump;
		effects.may_end = effects.may_end || strncasecmp(action, "done", 4) == 0;
		effects.may_reset = effects.may_reset || strncasecmp(action, "reset", 5) == 0;
	}
	return effects;
}

static void note_place(char *place, size_t size, const char *path, size_t number)
{
	/* One that is too long to be shown is still one. */
	if (place[0] == '\0')
		(void)text_format(place, size, "%s:%zu", path, number);
}

static void note_line(
	struct walk *walk, const char *path, const struct pam_line *line, size_t depth)
{
	struct pam_way *way = walk->way;
	struct effects effects = effects_of(line->control);

	if (pam_line_is_ours(line)) {
		if (way->asked++ == 0 && walk->jump > 0)
			(void)text_format(way->around, sizeof(way->around), "%s", walk->jump_from);
		note_place(way->where, sizeof(way->where), path, line->number);
		return;
	}
	if (walk->substacks > 0)
		return;
	if (effects.may_reset)
		note_place(way->around, sizeof(way->around), path, line->number);
	if (way->asked > 0)
		return;
	if (effects.may_end && depth == 0)
		text_addf(&walk->before, "%sline %zu (%s)", walk->before.length == 0 ? "" : ", ",
			line->number, line->module);
	else if (effects.may_end)
		note_place(way->around, sizeof(way->around), path, line->number);
	if (walk->jump > 0)
		walk->jump--;
	if (effects.jump > walk->jump) {
		walk->jump = effects.jump;
		(void)text_format(
			walk->jump_from, sizeof(walk->jump_from), "%s:%zu", path, line->number);
	}
}

static int walk_file(
	struct walk *walk, const struct pam_line *line, size_t depth, struct problem *problem)
{
	bool is_substack = line->kind == PAM_LINE_SUBSTACK;
	struct secret *contents = NULL;
	char path[512];
	int rv = text_format(path, sizeof(path), "%s%s%s",
		line->module[0] == '/' ? "" : walk->folder, line->module[0] == '/' ? "" : "/",
		line->module);

	if (rv < 0 || depth >= DEPTH_MAX)
		return problem_set(problem, -ELOOP, "too many files include each other");
	rv = safe_file_read(path, SAFE_FILE_PUBLIC, PAM_FILE_MAX, &contents, problem);
	if (rv < 0)
		return rv;
	/* For those who jump it is one line. */
	if (is_substack && walk->substacks == 0 && walk->jump > 0)
		walk->jump--;
	walk->substacks += is_substack;
	rv = walk_text(walk, path, contents->bytes, contents->size - 1, depth + 1, problem);
	walk->substacks -= is_substack;
	secret_free(&contents);
	return rv;
}

static int walk_text(struct walk *walk, const char *path, const char *bytes, size_t length,
	size_t depth, struct problem *problem)
{
	struct pam_lines lines;
	struct pam_line line;
	int rv;

	pam_lines_init(&lines, bytes, length);
	while ((rv = pam_lines_next(&lines, &line, problem)) > 0) {
		if (!line.is_auth)
			continue;
		if (line.kind == PAM_LINE_MODULE) {
			note_line(walk, path, &line, depth);
			continue;
		}
		rv = walk_file(walk, &line, depth, problem);
		if (rv < 0)
			return rv;
	}
	if (rv < 0)
		problem_locate(problem, "%s:%zu: ", path, lines.lines.number);
	return rv;
}

int pam_way_walk(struct pam_way *way, const char *folder, const char *service, const char *bytes,
	size_t length, struct problem *problem)
{
	struct walk walk = {.way = way, .folder = folder};
	char path[512];

	*way = (struct pam_way){.asked = 0};
	text_init(&walk.before, way->before, sizeof(way->before));
	if (text_format(path, sizeof(path), "%s/%s", folder, service) < 0)
		return problem_set(problem, -ENAMETOOLONG, "%s: the name is too long", service);
	return walk_text(&walk, path, bytes, length, 0, problem);
}
