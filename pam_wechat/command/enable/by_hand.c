#include "by_hand.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <security/pam_modules.h>

#include "display.h"
#include "pam_folder.h"
#include "pam_judge.h"
#include "pam_line.h"
#include "pam_module.h"
#include "pam_stack.h"
#include "problem.h"
#include "text.h"

#define LINES_MAX 2048 /* bytes of what is to be written */

/* A change of one line. */
struct change {
	struct pam_line line;  /* its strings are not to be used */
	bool replaces;         /* what is written stands in its place, and not behind it */
	char lines[LINES_MAX]; /* to be written, with their ends */
};

/* Makes the text with the change; if `is_cut`, up to it. NULL if there is no memory. */
static char *make_text(const char *bytes, size_t length, const struct change *change, bool is_cut,
	size_t *made_length)
{
	size_t kept = change->replaces ? change->line.begin : change->line.end;
	size_t size = length + LINES_MAX + 2;
	char *made = malloc(size);
	struct text text;

	if (made == NULL)
		return NULL;
	text_init(&text, made, size);
	text_add_bytes(&text, bytes, kept);
	if (kept > 0 && bytes[kept - 1] != '\n')
		text_add(&text, "\n");
	text_add(&text, change->lines);
	if (!is_cut)
		text_add_bytes(&text, bytes + change->line.end, length - change->line.end);
	*made_length = text.length;
	return made;
}

static bool passes(
	const struct pam_stack *stack, const char *service, int code, enum pam_means means)
{
	const struct pam_question question = {.service = service, .code = code, .means = means};

	return pam_judge_passes(stack, &question);
}

/* Whether the stack is what the form promises. */
static bool is_of_form(const struct by_hand *by_hand, const struct pam_stack *stack)
{
	const char *service = by_hand->service;
	bool alone = passes(stack, service, PAM_SUCCESS, PAM_MEANS_KNOWN);

	if (by_hand->form == PAM_FILE_ALONE)
		return alone;
	return !alone && passes(stack, service, PAM_SUCCESS, PAM_MEANS_PROOF) &&
	       passes(stack, service, PAM_IGNORE, PAM_MEANS_PROOF);
}

static bool is_text_of_form(const struct by_hand *by_hand, const char *bytes, size_t length)
{
	struct pam_stack *stack;
	bool is;

	if (pam_stack_read_text(PAM_FOLDER, by_hand->service, "auth", bytes, length, &stack) < 0)
		return false;
	is = is_of_form(by_hand, stack);
	pam_stack_free(&stack);
	return is;
}

/* Whether the file would do with the change, and with nothing behind it: the password is first. */
static bool is_good(const struct by_hand *by_hand, const char *bytes, size_t length,
	const struct change *change)
{
	bool is = true;

	for (int is_cut = 0; is_cut <= 1 && is; is_cut++) {
		size_t made_length;
		char *made = make_text(bytes, length, change, is_cut, &made_length);

		is = made != NULL && is_text_of_form(by_hand, made, made_length) &&
		     (is_cut || by_hand->judge(
					by_hand->context, by_hand->path, made, made_length) == 0);
		free(made);
	}
	return is;
}

static void add_words(struct text *text, const struct pam_entry *entry)
{
	for (int i = 0; i < entry->word_count; i++) {
		bool has_blanks = strpbrk(entry->words[i], " \t") != NULL;

		text_addf(text, has_blanks ? " [%s]" : " %s", entry->words[i]);
	}
}

/* Whether the module only refuses some, by what is known of them: their shell, a nologin. */
static bool is_gate(const struct pam_entry *entry, const char *service)
{
	return entry->control != NULL &&
	       (strcmp(entry->control, "required") == 0 ||
		       strcmp(entry->control, "requisite") == 0) &&
	       pam_module_class(entry, service) == PAM_CLASS_DECIDES &&
	       /* It counts wrong passwords, of which there are none. */
	       strncmp(pam_entry_name(entry), "pam_faillock.", strlen("pam_faillock.")) != 0;
}

/* Appends what the line brings before anybody can get in by it, and what is still to be asked. */
static void add_gates(const struct by_hand *by_hand, const char *bytes, size_t length,
	const struct pam_line *line, struct text *text)
{
	struct pam_stack *stack;

	if (line->kind == PAM_LINE_MODULE || pam_stack_read_text(PAM_FOLDER, by_hand->service,
						     "auth", bytes, length, &stack) < 0)
		return;
	for (size_t i = 0; i < stack->count; i++) {
		const struct pam_entry *entry = &stack->entries[i];
		int success = entry->actions[PAM_SUCCESS];

		if (entry->own_line != (long)line->number || entry->is_substack)
			continue;
		if (success > 0 || success == PAM_ACTION_DONE ||
			pam_module_class(entry, by_hand->service) == PAM_CLASS_PROVES)
			break;
		if (is_gate(entry, by_hand->service)) {
			text_addf(text, "auth    %s    %s", entry->control, entry->module);
			add_words(text, entry);
			text_add(text, "\n");
		}
	}
	pam_stack_free(&stack);
}

/* Makes the change of this line; `as_substack`: what ends it does not end the service's lines. */
static bool make_change(const struct by_hand *by_hand, const char *bytes, size_t length,
	const struct pam_line *line, bool as_substack, struct change *change)
{
	struct text text;

	*change = (struct change){
		.line = *line, .replaces = as_substack || by_hand->form == PAM_FILE_ALONE};
	text_init(&text, change->lines, sizeof(change->lines));
	if (as_substack)
		text_addf(&text, "auth    substack    %s\n", line->module);
	else if (by_hand->form == PAM_FILE_ALONE)
		add_gates(by_hand, bytes, length, line, &text);
	text_addf(&text, "%s%s%s\n", pam_file_line(by_hand->form),
		by_hand->options[0] == '\0' ? "" : " ", by_hand->options);
	return text_finish(&text) == 0 && is_good(by_hand, bytes, length, change);
}

/* Whether the line is of type auth alone, and on one line, so that it can be replaced. */
static bool is_candidate(const struct pam_line *line)
{
	return line->kind != PAM_LINE_NOTHING && line->control != NULL && line->module != NULL &&
	       line->number == line->last && pam_line_is_of(line, "auth");
}

static bool find_change(
	const struct by_hand *by_hand, const char *bytes, size_t length, struct change *change)
{
	struct problem unread = {.text = ""};
	struct pam_lines lines;
	struct pam_line line;

	pam_lines_init(&lines, bytes, length);
	while (pam_lines_next(&lines, &line, &unread) > 0) {
		if (!is_candidate(&line))
			continue;
		if (make_change(by_hand, bytes, length, &line, false, change))
			return true;
		if (by_hand->form == PAM_FILE_SECOND_FACTOR && line.kind == PAM_LINE_INCLUDE &&
			make_change(by_hand, bytes, length, &line, true, change))
			return true;
	}
	return false;
}

/* The service whose lines this one has: su's, for su-l. Returns whether there is one. */
static bool find_other(const char *bytes, size_t length, char other[DISPLAY_NAME_SIZE])
{
	struct problem unread = {.text = ""};
	struct pam_lines lines;
	struct pam_line line;

	pam_lines_init(&lines, bytes, length);
	while (pam_lines_next(&lines, &line, &unread) > 0) {
		if (!is_candidate(&line) || line.kind == PAM_LINE_MODULE)
			continue;
		if (strcmp(line.module, "sshd") == 0 || pam_module_is_local(line.module)) {
			display_name(other, line.module);
			return true;
		}
	}
	return false;
}

/* Appends lines as they are to be seen and copied, four blanks before each. */
static void add_example(struct text *text, const char *lines, size_t length)
{
	char shown[LINES_MAX];

	while (length > 0) {
		const char *end = memchr(lines, '\n', length);
		size_t line = end == NULL ? length : (size_t)(end - lines);

		pam_line_show(shown, sizeof(shown), lines, line);
		text_addf(text, "    %s\n", shown);
		line += end != NULL;
		lines += line;
		length -= line;
	}
}

void by_hand_describe(
	const struct by_hand *by_hand, const char *bytes, size_t length, struct problem *problem)
{
	char said[sizeof(problem->text)], other[DISPLAY_NAME_SIZE];
	struct change change;
	struct text text;

	if (find_other(bytes, length, other)) {
		problem_set(problem, -ENOENT,
			"%s: its auth lines are those of %s: pam-wechat enable %s", by_hand->path,
			other, other);
		return;
	}
	if (!find_change(by_hand, bytes, length, &change))
		return;
	text_init(&text, said, sizeof(said));
	text_addf(&text,
		"%s: there is no line \"@include common-auth\", whose place WeChat would take. "
		"Change the file by hand, and keep a copy elsewhere.\n\n%s line %zu of %s, %s:\n",
		by_hand->path, change.replaces ? "In" : "Behind", change.line.number, by_hand->path,
		change.replaces ? "in place of" : "which is");
	add_example(&text, bytes + change.line.begin, change.line.end - change.line.begin);
	text_add(&text, "write:\n");
	add_example(&text, change.lines, strlen(change.lines));
	text_add(&text, "\nThen: pam-wechat doctor");
	/* A part of it would be wrong. */
	if (text_finish(&text) == 0)
		problem_set(problem, -ENOENT, "%s", said);
}
