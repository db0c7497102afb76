#include "template.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "display.h"
#include "problem.h"
#include "text.h"

#define OPEN "{{"
#define CLOSE "}}"
#define NAME_MAX_BYTES 32

static const char *const names[SLOT_COUNT] = {
	[SLOT_STYLE] = "style",
	[SLOT_PAGE] = "page",
	[SLOT_NONCE] = "nonce",
	[SLOT_LANGUAGE] = "language",
	[SLOT_BRAND] = "brand",
	[SLOT_HEADING] = "heading",
	[SLOT_WORDS] = "words",
	[SLOT_USER] = "user",
	[SLOT_HOST] = "host",
	[SLOT_HOW] = "how",
	[SLOT_FROM] = "from",
	[SLOT_UNTIL] = "until",
	[SLOT_USER_LABEL] = "user_label",
	[SLOT_HOST_LABEL] = "host_label",
	[SLOT_HOW_LABEL] = "how_label",
	[SLOT_FROM_LABEL] = "from_label",
	[SLOT_UNTIL_LABEL] = "until_label",
	[SLOT_ACTION] = "action",
	[SLOT_TOKEN] = "token",
	[SLOT_CONTINUE] = "continue",
	[SLOT_REFUSE] = "refuse",
	[SLOT_PIN] = "pin",
	[SLOT_GREETING] = "greeting",
	[SLOT_CAUTION] = "caution",
	[SLOT_DETAIL] = "detail",
	[SLOT_QR_SIZE] = "qr_size",
	[SLOT_QR_PATH] = "qr_path",
	[SLOT_QR_LABEL] = "qr_label",
	[SLOT_HINT] = "hint",
};

/* Some text, and the slot after it: SLOT_COUNT behind the last. */
struct piece {
	size_t begin, length;
	enum slot slot;
};

struct template
{
	char *bytes;
	size_t count;
	struct piece *pieces;
};

/* Where a file is being read; `bytes` ends with a NUL that is none of its own. */
struct reading {
	const char *path, *bytes, *at;
	uint64_t allowed, seen;
	struct problem *problem;
};

static unsigned int line_of(const struct reading *reading, const char *at)
{
	unsigned int line = 1;

	for (const char *byte = reading->bytes; byte < at; byte++)
		line += *byte == '\n';
	return line;
}

static bool find_slot(const char *name, size_t length, enum slot *slot)
{
	for (int i = 0; i < SLOT_COUNT; i++) {
		if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0) {
			*slot = (enum slot)i;
			return true;
		}
	}
	return false;
}

/* Reads on behind the next name. Returns 0, or -EINVAL with the problem set. */
static int read_piece(struct reading *reading, struct piece *piece)
{
	const char *open = strstr(reading->at, OPEN);
	const char *name, *close;

	piece->begin = (size_t)(reading->at - reading->bytes);
	piece->slot = SLOT_COUNT;
	if (open == NULL) {
		piece->length = strlen(reading->at);
		reading->at += piece->length;
		return 0;
	}
	piece->length = (size_t)(open - reading->at);
	name = open + strlen(OPEN);
	close = strstr(name, CLOSE);
	if (close == NULL || close - name > NAME_MAX_BYTES)
		return problem_set(reading->problem, -EINVAL, "%s:%u: {{ has no }} behind a name",
			reading->path, line_of(reading, open));
	if (!find_slot(name, (size_t)(close - name), &piece->slot) ||
		(reading->allowed & SLOT_BIT(piece->slot)) == 0)
		return problem_set(reading->problem, -EINVAL, "%s:%u: {{%.*s}} is unknown here",
			reading->path, line_of(reading, open), (int)(close - name), name);
	reading->seen |= SLOT_BIT(piece->slot);
	reading->at = close + strlen(CLOSE);
	return 0;
}

static int check_missing(const struct reading *reading, uint64_t required)
{
	for (int i = 0; i < SLOT_COUNT; i++) {
		if ((required & ~reading->seen & SLOT_BIT(i)) != 0)
			return problem_set(reading->problem, -EINVAL,
				"%s:%u: {{%s}} is missing in the whole file", reading->path,
				line_of(reading, reading->at), names[i]);
	}
	return 0;
}

static size_t count_names(const char *bytes)
{
	size_t count = 0;

	for (const char *at = strstr(bytes, OPEN); at != NULL; at = strstr(at + 1, OPEN))
		count++;
	return count;
}

int template_create(const char *path, const char *bytes, size_t length, uint64_t required,
	uint64_t allowed, struct template **made, struct problem *problem)
{
	struct template *template = calloc(1, sizeof(*template));
	struct reading reading = {.path = path, .allowed = allowed, .problem = problem};
	size_t invalid;
	int rv = -ENOMEM;

	*made = NULL;
	if (template == NULL)
		return problem_set(problem, rv, "%s: out of memory", path);
	template->bytes = calloc(1, length + 1);
	if (template->bytes != NULL) {
		memcpy(template->bytes, bytes, length);
		template->pieces =
			calloc(count_names(template->bytes) + 1, sizeof(*template->pieces));
	}
	if (template->pieces == NULL) {
		problem_set(problem, rv, "%s: out of memory", path);
		goto out;
	}
	rv = -EINVAL;
	if (strlen(template->bytes) != length || length > TEMPLATE_MAX) {
		problem_set(
			problem, rv, "%s:1: must be text of at most %d bytes", path, TEMPLATE_MAX);
		goto out;
	}
	reading.bytes = reading.at = template->bytes;
	invalid = display_find_invalid(template->bytes, length);
	if (invalid < length) {
		problem_set(problem, rv, "%s:%u: must be UTF-8", path,
			line_of(&reading, template->bytes + invalid));
		goto out;
	}
	do {
		rv = read_piece(&reading, &template->pieces[template->count]);
		if (rv < 0)
			goto out;
	} while (template->pieces[template->count++].slot != SLOT_COUNT);
	rv = check_missing(&reading, required);
out:
	if (rv < 0)
		template_free(&template);
	*made = template;
	return rv;
}

void template_free(struct template **template)
{
	if (*template == NULL)
		return;
	free((*template)->bytes);
	free((*template)->pieces);
	free(*template);
	*template = NULL;
}

void template_escape(struct text *text, const char *string)
{
	for (; *string != '\0'; string++) {
		switch (*string) {
		case '&':
			text_add(text, "&amp;");
			break;
		case '<':
			text_add(text, "&lt;");
			break;
		case '>':
			text_add(text, "&gt;");
			break;
		case '"':
			text_add(text, "&quot;");
			break;
		case '\'':
			text_add(text, "&#39;");
			break;
		default:
			text_add_bytes(text, string, 1);
		}
	}
}

void template_render(
	const struct template *template, const char *const values[SLOT_COUNT], struct text *text)
{
	for (size_t i = 0; i < template->count; i++) {
		const struct piece *piece = &template->pieces[i];

		text_add_bytes(text, template->bytes + piece->begin, piece->length);
		if (piece->slot != SLOT_COUNT && values[piece->slot] != NULL)
			template_escape(text, values[piece->slot]);
	}
}
