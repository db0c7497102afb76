#include "pages.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builtin.h"
#include "problem.h"
#include "safe_file.h"
#include "secret.h"
#include "template.h"
#include "text.h"

#define STYLE_FILE "style.css"
#define FRAME_FILE "frame.html"
#define PATH_MAX_BYTES 4096

/* The frame of all pages has what belongs into their <head>, and their place. */
#define FRAME (SLOT_BIT(SLOT_STYLE) | SLOT_BIT(SLOT_NONCE) | SLOT_BIT(SLOT_PAGE))
#define ANYWHERE                                                                   \
	(SLOT_BIT(SLOT_LANGUAGE) | SLOT_BIT(SLOT_BRAND) | SLOT_BIT(SLOT_HEADING) | \
		SLOT_BIT(SLOT_WORDS))
#define SAID (SLOT_BIT(SLOT_HEADING) | SLOT_BIT(SLOT_WORDS))
#define FACTS                                                                                   \
	(SLOT_BIT(SLOT_USER) | SLOT_BIT(SLOT_HOST) | SLOT_BIT(SLOT_HOW) | SLOT_BIT(SLOT_FROM) | \
		SLOT_BIT(SLOT_UNTIL))
#define LABELS                                                                              \
	(SLOT_BIT(SLOT_USER_LABEL) | SLOT_BIT(SLOT_HOST_LABEL) | SLOT_BIT(SLOT_HOW_LABEL) | \
		SLOT_BIT(SLOT_FROM_LABEL) | SLOT_BIT(SLOT_UNTIL_LABEL))
#define FORM (SLOT_BIT(SLOT_ACTION) | SLOT_BIT(SLOT_TOKEN))
#define BUTTONS (SLOT_BIT(SLOT_CONTINUE) | SLOT_BIT(SLOT_REFUSE))

/*
 * What each file must hold, and what it may hold besides. Facts are not left out: a page that does
 * not say who signs in where is what a thief of logins would wish for.
 */
static const struct {
	const char *file;
	uint64_t required, optional;
} kinds[PAGE_KIND_COUNT] = {
	[PAGE_ASK] = {"ask.html", FACTS | FORM, LABELS | BUTTONS},
	[PAGE_AGAIN] = {"again.html", SAID | FACTS | FORM, LABELS | BUTTONS},
	[PAGE_ASKING] = {"asking.html", SAID | FACTS | FORM, LABELS | BUTTONS},
	[PAGE_DIGITS] = {"digits.html", SLOT_BIT(SLOT_PIN) | FACTS | FORM,
		SLOT_BIT(SLOT_GREETING) | SLOT_BIT(SLOT_CAUTION) | LABELS | BUTTONS},
	[PAGE_SIGNED_IN] = {"signed_in.html", SAID, SLOT_BIT(SLOT_GREETING)},
	[PAGE_REFUSED] = {"refused.html", SAID | SLOT_BIT(SLOT_DETAIL), 0},
	[PAGE_GONE] = {"gone.html", SAID, 0},
	[PAGE_OPEN_IN_WECHAT] = {"open_in_wechat.html",
		SAID | SLOT_BIT(SLOT_QR_SIZE) | SLOT_BIT(SLOT_QR_PATH),
		SLOT_BIT(SLOT_QR_LABEL) | SLOT_BIT(SLOT_CAUTION) | SLOT_BIT(SLOT_HINT)},
	[PAGE_ERROR] = {"error.html", SAID, 0},
};

struct pages {
	struct template *templates[PAGE_KIND_COUNT]; /* each with frame and style */
};

static int read_builtin(const char *name, struct secret **contents)
{
	for (size_t i = 0; i < builtin_count; i++) {
		if (strcmp(builtins[i].name, name) != 0)
			continue;
		*contents = secret_create(builtins[i].length + 1);
		if (*contents == NULL)
			return -ENOMEM;
		memcpy((*contents)->bytes, builtins[i].bytes, builtins[i].length);
		return 0;
	}
	return -ENOENT;
}

/*
 * Reads a file of the directory, or else the one built in; `path` is set to the name of either.
 * Returns 0, or -errno with the problem set.
 */
static int read_file(const char *directory, const char *name, char path[PATH_MAX_BYTES],
	struct secret **contents, struct problem *problem)
{
	int rv = -ENOENT;

	if (directory != NULL) {
		if (text_format(path, PATH_MAX_BYTES, "%s/%s", directory, name) < 0)
			return problem_set(problem, -ENAMETOOLONG, "%s: too long", directory);
		rv = safe_file_read(path, SAFE_FILE_PUBLIC, TEMPLATE_MAX, contents, problem);
		if (rv != -ENOENT)
			return rv;
		problem->text[0] = '\0';
	}
	(void)text_format(path, PATH_MAX_BYTES, "%s", name);
	rv = read_builtin(name, contents);
	return rv < 0 ? problem_set(problem, rv, "%s: %s", name, strerror(-rv)) : 0;
}

static int read_style(const char *directory, struct secret **style, struct problem *problem)
{
	char path[PATH_MAX_BYTES];
	int rv = read_file(directory, STYLE_FILE, path, style, problem);

	if (rv < 0)
		return rv;
	if (strlen((*style)->bytes) != (*style)->size - 1 || strchr((*style)->bytes, '<') != NULL ||
		strstr((*style)->bytes, "{{") != NULL)
		return problem_set(problem, -EINVAL,
			"%s: must be a style sheet without '<' and '{{': it stands inside the "
			"pages",
			path);
	return 0;
}

/* Reads a file that is a template by itself, so that what is wrong with it has its line. */
static int read_template(const char *directory, const char *name, uint64_t required,
	uint64_t optional, struct secret **contents, struct problem *problem)
{
	struct template *template = NULL;
	char path[PATH_MAX_BYTES];
	int rv = read_file(directory, name, path, contents, problem);

	if (rv == 0)
		rv = template_create(path, (*contents)->bytes, (*contents)->size - 1, required,
			required | optional | ANYWHERE, &template, problem);
	template_free(&template);
	return rv;
}

/* Appends a text whose {{name}} is another text, as it is. */
static void put_in(struct text *text, const char *around, const char *name, const char *inside)
{
	const char *place = strstr(around, name);

	text_add_bytes(text, around, (size_t)(place - around));
	text_add(text, inside);
	text_add(text, place + strlen(name));
}

static int load_page(struct pages *pages, enum page_kind kind, const char *directory,
	const char *frame, struct problem *problem)
{
	struct secret *contents = NULL;
	char bytes[2 * TEMPLATE_MAX + 1];
	struct text whole;
	int rv = read_template(directory, kinds[kind].file, kinds[kind].required,
		kinds[kind].optional, &contents, problem);

	if (rv < 0)
		goto out;
	text_init(&whole, bytes, sizeof(bytes));
	put_in(&whole, frame, "{{page}}", contents->bytes);
	rv = template_create(kinds[kind].file, bytes, whole.length, 0, ~UINT64_C(0),
		&pages->templates[kind], problem);
	if (rv < 0)
		problem_locate(problem, "with frame and style, ");
out:
	secret_free(&contents);
	return rv;
}

/* Makes the frame that all pages are put into, the style sheet being in it. */
static int load_frame(const char *directory, struct text *frame, struct problem *problem)
{
	struct secret *contents = NULL, *style = NULL;
	int rv = read_template(directory, FRAME_FILE, FRAME, 0, &contents, problem);

	if (rv == 0)
		rv = read_style(directory, &style, problem);
	if (rv == 0)
		put_in(frame, contents->bytes, "{{style}}", style->bytes);
	secret_free(&contents);
	secret_free(&style);
	return rv;
}

/* Whether it is no page, and does not look as if it were meant to be one. */
static bool may_stay(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (dot == NULL || (strcmp(dot, ".html") != 0 && strcmp(dot, ".css") != 0))
		return true;
	if (strcmp(name, STYLE_FILE) == 0 || strcmp(name, FRAME_FILE) == 0)
		return true;
	for (int kind = 0; kind < PAGE_KIND_COUNT; kind++) {
		if (strcmp(name, kinds[kind].file) == 0)
			return true;
	}
	return false;
}

static int refuse_name(const char *directory, const char *name, struct problem *problem)
{
	char bytes[256];
	struct text list;

	text_init(&list, bytes, sizeof(bytes));
	for (int kind = 0; kind < PAGE_KIND_COUNT; kind++)
		text_addf(&list, "%s ", kinds[kind].file);
	return problem_set(problem, -EINVAL, "%s/%s: no page has this name; there are: %s%s",
		directory, name, bytes, FRAME_FILE " " STYLE_FILE);
}

/* A misspelt name would be a page that is never shown. */
static int check_names(const char *directory, struct problem *problem)
{
	char bytes[PATH_MAX_BYTES];
	const char *name = NULL;
	struct dirent *entry;
	DIR *stream = NULL;
	int parent, fd;
	int rv = text_format(bytes, sizeof(bytes), "%s/" STYLE_FILE, directory);

	if (rv < 0)
		return problem_set(problem, rv, "%s: too long", directory);
	parent = safe_file_open_directory_of(bytes, &name, problem);
	if (parent < 0)
		return parent;
	fd = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(parent);
	if (fd >= 0)
		stream = fdopendir(fd);
	if (stream == NULL) {
		rv = problem_set(problem, -errno, "%s: %s", directory, strerror(errno));
		if (fd >= 0)
			close(fd);
		return rv;
	}
	while (rv == 0 && (entry = readdir(stream)) != NULL) {
		if (!may_stay(entry->d_name))
			rv = refuse_name(directory, entry->d_name, problem);
	}
	closedir(stream);
	return rv;
}

int pages_create(const char *directory, struct pages **made, struct problem *problem)
{
	struct pages *pages = calloc(1, sizeof(*pages));
	char bytes[2 * TEMPLATE_MAX + 1];
	struct text frame;
	int rv = 0;

	*made = NULL;
	if (pages == NULL)
		return problem_set(problem, -ENOMEM, "out of memory");
	if (directory != NULL)
		rv = check_names(directory, problem);
	text_init(&frame, bytes, sizeof(bytes));
	if (rv == 0)
		rv = load_frame(directory, &frame, problem);
	for (int kind = 0; rv == 0 && kind < PAGE_KIND_COUNT; kind++)
		rv = load_page(pages, (enum page_kind)kind, directory, bytes, problem);
	if (rv < 0)
		pages_free(&pages);
	*made = pages;
	return rv;
}

void pages_free(struct pages **pages)
{
	if (*pages == NULL)
		return;
	for (int kind = 0; kind < PAGE_KIND_COUNT; kind++)
		template_free(&(*pages)->templates[kind]);
	free(*pages);
	*pages = NULL;
}

const struct template *pages_find(const struct pages *pages, enum page_kind kind)
{
	return pages->templates[kind];
}
