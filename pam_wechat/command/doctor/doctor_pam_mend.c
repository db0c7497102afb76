#include "doctor_pam_mend.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <security/pam_modules.h>

#include "doctor.h"
#include "pam_folder.h"
#include "pam_judge.h"
#include "pam_line.h"
#include "pam_service.h"
#include "pam_stack.h"
#include "problem.h"
#include "text.h"

#define FILE_MAX_BYTES 65536
#define LINE_MAX_BYTES (2 * PAM_LINE_LENGTH_MAX)
#define BLANKS " \t"

enum edit { REPLACES, INSERTS, REMOVES };

/* One change of the service's own file. */
struct edit_of {
	enum edit what;
	long line;
	const char *new; /* NULL if it is removed */
};

static void own_path(const struct pam_mend *mend, char path[PAM_SERVICE_PATH_MAX])
{
	(void)snprintf(path, PAM_SERVICE_PATH_MAX, PAM_FOLDER "/%s", mend->service);
}

static bool is_own(const struct pam_mend *mend, const char *file)
{
	char path[PAM_SERVICE_PATH_MAX];

	own_path(mend, path);
	return file != NULL && strcmp(file, path) == 0;
}

/* Copies the file with the change in it. Returns the length, or 0 if that can't be done. */
static size_t apply(const char *path, const struct edit_of *edit, char *bytes, size_t size)
{
	FILE *file = fopen(path, "re");
	char *old = doctor_line(path, edit->line), *line = NULL;
	size_t room = 0, dropped = 0;
	struct text text;

	text_init(&text, bytes, size);
	for (const char *at = old; edit->what != INSERTS && at != NULL; dropped++) {
		at = strchr(at, '\n');
		at = at == NULL ? NULL : at + 1;
	}
	for (long number = 1; file != NULL && getline(&line, &room, file) >= 0; number++) {
		if (number == edit->line && edit->new != NULL)
			text_addf(&text, "%s\n", edit->new);
		if (number < edit->line || number >= edit->line + (long)dropped)
			text_add(&text, line);
	}
	if (file == NULL || old == NULL || text_finish(&text) < 0)
		text.length = 0;
	free(old);
	free(line);
	if (file != NULL)
		(void)fclose(file);
	return text.length;
}

static bool asks(const struct pam_stack *stack, const char *service, int code, enum pam_means means)
{
	const struct pam_question question = {.service = service, .code = code, .means = means};

	return pam_judge_passes(stack, &question);
}

static bool leads_around(const struct pam_stack *stack, const char *service)
{
	const struct pam_question question = {
		.service = service, .code = PAM_AUTH_ERR, .means = PAM_MEANS_UNKNOWN};

	return pam_judge_leads_around(stack, &question);
}

/* Whether a stack does what it is there for. */
static bool is_sound(const struct pam_mend *mend, const struct pam_stack *stack)
{
	static const int denials[] = {PAM_AUTH_ERR, PAM_MAXTRIES, PAM_AUTHINFO_UNAVAIL,
		PAM_CONV_ERR, PAM_SYSTEM_ERR, PAM_MODULE_UNKNOWN};
	const char *service = mend->service;
	bool denies = true;

	for (size_t i = 0; i < sizeof(denials) / sizeof(denials[0]); i++)
		denies = denies && !asks(stack, service, denials[i], PAM_MEANS_PROOF);
	return denies && stack->reading == PAM_READING_CLEAR &&
	       pam_stack_find_ours(stack) != NULL && !leads_around(stack, service) &&
	       asks(stack, service, PAM_SUCCESS, PAM_MEANS_PROOF) &&
	       (!mend->ignores || (asks(stack, service, PAM_IGNORE, PAM_MEANS_PROOF) &&
					  !asks(stack, service, PAM_IGNORE, PAM_MEANS_KNOWN)));
}

/* Judges the file with the change, and advises it if that is sound. Returns whether it is. */
static bool advise(const struct pam_mend *mend, const struct edit_of *edit)
{
	char path[PAM_SERVICE_PATH_MAX];
	char *bytes = malloc(FILE_MAX_BYTES);
	struct pam_stack *stack = NULL;
	size_t length = 0;
	bool is_good;

	own_path(mend, path);
	if (bytes != NULL)
		length = apply(path, edit, bytes, FILE_MAX_BYTES);
	is_good = length > 0 &&
	          pam_stack_read_text(PAM_FOLDER, mend->service, "auth", bytes, length, &stack) ==
	                  0 &&
	          is_sound(mend, stack);
	pam_stack_free(&stack);
	free(bytes);
	if (!is_good)
		return false;
	if (edit->what == REMOVES)
		doctor_mend_remove(mend->doctor, path, edit->line);
	else if (edit->what == INSERTS)
		doctor_mend_insert(mend->doctor, path, edit->line, "%s", edit->new);
	else
		doctor_mend_line(mend->doctor, path, edit->line, "%s", edit->new);
	return true;
}

/* The same line with another control. Returns 0 or -errno. */
static int set_control(const char *line, const char *control, char *made, size_t size)
{
	const char *type = line + strspn(line, BLANKS);
	size_t length = strcspn(type, BLANKS);
	const char *old = type + length + strspn(type + length, BLANKS);
	const char *end = old[0] == '[' ? strchr(old, ']') : old + strcspn(old, BLANKS);

	if (end == NULL)
		return -1;
	end += *end == ']';
	return text_format(
		made, size, "%.*s %s %s", (int)length, type, control, end + strspn(end, BLANKS));
}

/* The same line without a word behind the module, which may stand in brackets. */
static int drop_word(const char *line, const char *word, char *made, size_t size)
{
	size_t length = strlen(word);
	const char *end, *begin = strstr(line, word);

	while (begin != NULL && (begin == line || strchr(BLANKS "[", begin[-1]) == NULL ||
					strchr(BLANKS "]\\\n", begin[length]) == NULL))
		begin = strstr(begin + 1, word);
	if (begin == NULL)
		return -1;
	end = begin + length;
	if (begin[-1] == '[' && *end == ']') {
		begin--;
		end++;
	}
	while (begin > line && strchr(BLANKS, begin[-1]) != NULL)
		begin--;
	return text_format(made, size, "%.*s%s", (int)(begin - line), line, end);
}

/* Lines that belong together become one. */
static char *own_line(const struct pam_mend *mend, const struct pam_entry *entry)
{
	char *line = is_own(mend, entry->file) ? doctor_line(entry->file, entry->line) : NULL;
	char *end = line;

	while (end != NULL && (end = strstr(end, "\\\n")) != NULL)
		end[0] = end[1] = ' ';
	return line;
}

static bool advise_control(
	const struct pam_mend *mend, const struct pam_entry *entry, const char *control)
{
	struct edit_of edit = {.what = REPLACES, .line = entry->line};
	char made[LINE_MAX_BYTES];
	char *old = own_line(mend, entry);
	bool is_made = old != NULL && set_control(old, control, made, sizeof(made)) == 0;

	free(old);
	edit.new = made;
	return is_made && advise(mend, &edit);
}

static bool advise_removal(const struct pam_mend *mend, const struct pam_entry *entry)
{
	const struct edit_of edit = {.what = REMOVES, .line = entry->line};

	return is_own(mend, entry->file) && advise(mend, &edit);
}

void doctor_pam_mend_control(const struct pam_mend *mend, const struct pam_entry *ours)
{
	if (advise_control(mend, ours, "required") || advise_control(mend, ours, "requisite"))
		return;
	doctor_mend_elsewhere(mend->doctor, MEND_CHOICE,
		"let the line of " PAM_FOLDER "/%s that asks for WeChat be \"auth required\", and "
		"no other line forget what it says",
		mend->service);
}

void doctor_pam_mend_opening(const struct pam_mend *mend, const struct pam_entry *ours)
{
	struct pam_mend without = *mend;
	struct edit_of edit = {.what = REPLACES, .line = ours->line};
	char made[LINE_MAX_BYTES];
	char *old = own_line(mend, ours);
	bool is_made = old != NULL &&
	               (drop_word(old, "unlisted=ignore", made, sizeof(made)) == 0 ||
			       /* pam_wechat.conf says so, and the line wins. */
			       text_format(made, sizeof(made), "%s unlisted=refuse", old) == 0);

	free(old);
	edit.new = made;
	without.ignores = false;
	if (is_made && advise(&without, &edit))
		return;
	doctor_mend_elsewhere(mend->doctor, MEND_CHOICE,
		"remove unlisted=ignore from line %ld of %s, or let a line of " PAM_FOLDER
		"/%s ask for a proof",
		ours->line, ours->file, mend->service);
}

void doctor_pam_mend_ignoring(const struct pam_mend *mend, const struct pam_entry *ours)
{
	static const char above[] = "auth required pam_unix.so";
	const struct edit_of edit = {.what = INSERTS, .line = ours->line, .new = above};

	if (is_own(mend, ours->file) && advise(mend, &edit))
		return;
	doctor_mend_elsewhere(mend->doctor, MEND_CHOICE,
		"write \"[success=ok ignore=ignore default=die]\" in line %ld of %s, below a line "
		"that asks for the password",
		ours->line, ours->file);
}

void doctor_pam_mend_waiting(
	const struct pam_mend *mend, const struct pam_entry *ours, const char *conf)
{
	char *old = doctor_line(ours->file, ours->line);
	char made[LINE_MAX_BYTES];
	long line = doctor_line_of(conf, "confirm");

	if (old != NULL && drop_word(old, "confirm=wait", made, sizeof(made)) == 0)
		doctor_mend_line(mend->doctor, ours->file, ours->line, "%s", made);
	else if (old != NULL && strstr(old, "confirm=") == NULL && line > 0)
		doctor_mend_remove(mend->doctor, conf, line);
	else
		doctor_mend_elsewhere(mend->doctor, MEND_CHOICE,
			"remove confirm=wait from line %ld of %s, and confirm from %s", ours->line,
			ours->file, conf);
	free(old);
}

/* Whether the file has lines of this type: "@include" brings them, and "auth substack" does not. */
static void add_type(struct text *text, const char *type, const char *file)
{
	struct pam_stack *stack = NULL;

	if (pam_stack_read(PAM_FOLDER, file, type, &stack) == 0 && stack->count > 0)
		text_addf(text, "\n%s include %s", type, file);
	pam_stack_free(&stack);
}

/* What the line includes for auth, and whether also for the other types; the caller frees it. */
static char *included_by(const char *line, bool *for_all)
{
	struct pam_lines lines;
	struct pam_line read;
	struct problem problem;
	char *file = NULL;

	pam_lines_init(&lines, line, strlen(line));
	if (pam_lines_next(&lines, &read, &problem) == 1 && read.kind == PAM_LINE_INCLUDE &&
		read.module != NULL) {
		file = strdup(read.module);
		*for_all = read.control == NULL;
	}
	return file;
}

/* What ends the included lines goes on behind them then: to ours. */
static bool advise_substack(const struct pam_mend *mend, const struct pam_entry *way)
{
	struct edit_of edit = {.what = REPLACES, .line = way->own_line};
	char path[PAM_SERVICE_PATH_MAX], made[LINE_MAX_BYTES];
	bool for_all = false, is_good;
	struct text text;
	char *old, *file;

	own_path(mend, path);
	old = doctor_line(path, way->own_line);
	file = old == NULL ? NULL : included_by(old, &for_all);
	text_init(&text, made, sizeof(made));
	if (file != NULL) {
		text_addf(&text, "auth substack %s", file);
		if (for_all) {
			add_type(&text, "account", file);
			add_type(&text, "session", file);
			add_type(&text, "password", file);
		}
	}
	edit.new = made;
	is_good = file != NULL && text_finish(&text) == 0 && advise(mend, &edit);
	free(old);
	free(file);
	return is_good;
}

/* Without its excuse the module asks for its proof; without a proof WeChat is asked then. */
static bool advise_proof(const struct pam_mend *mend, const struct pam_entry *entry)
{
	struct edit_of edit = {.what = REPLACES, .line = entry->line};
	const char *excuse = pam_module_excuse(entry);
	char made[LINE_MAX_BYTES];
	char *old = excuse == NULL ? NULL : own_line(mend, entry);
	bool is_made = old != NULL && drop_word(old, excuse, made, sizeof(made)) == 0;

	free(old);
	edit.new = made;
	return is_made && advise(mend, &edit);
}

void doctor_pam_mend_way(const struct pam_mend *mend, const struct pam_entry *way)
{
	enum pam_class class = pam_module_class(way, mend->service);
	bool is_free = class == PAM_CLASS_OPENS &&
	               strncmp(pam_entry_name(way), "pam_rootok.", strlen("pam_rootok.")) != 0;

	if (!is_own(mend, way->file)) {
		if (advise_substack(mend, way))
			return;
		doctor_mend_elsewhere(mend->doctor, MEND_CHOICE,
			"let " PAM_FOLDER "/%s ask for WeChat above line %ld, which leads to %s; "
			"other services share that file",
			mend->service, way->own_line, way->file);
		return;
	}
	/* Such a module may be there for what it does besides. The others pick people, who are
	 * asked for WeChat like the rest when the line is gone. */
	if (advise_proof(mend, way) || (is_free && advise_control(mend, way, "required")) ||
		(class != PAM_CLASS_UNKNOWN && class != PAM_CLASS_PROVES &&
			advise_removal(mend, way)))
		return;
	doctor_mend_elsewhere(mend->doctor, MEND_CHOICE,
		"remove line %ld of %s; or write \"auth required %s\" there, for people who need "
		"both",
		way->line, way->file, pam_entry_name(way));
}

void doctor_pam_mend_never(const struct pam_mend *mend)
{
	for (size_t i = 0; i < mend->stack->count; i++) {
		const struct pam_entry *entry = &mend->stack->entries[i];

		if (pam_module_class(entry, mend->service) == PAM_CLASS_DENIES &&
			advise_removal(mend, entry))
			return;
	}
	doctor_mend_elsewhere(mend->doctor, MEND_VALUE,
		"look for pam_deny.so, jumps that lead too far, and controls "
		"that libpam does not know, in " PAM_FOLDER "/%s",
		mend->service);
}

/* Whether all that is wrong is what Windows ends lines by; then it is advised to drop that. */
static bool advise_ends(const struct pam_mend *mend, const char *file, const char *old)
{
	struct doctor *doctor = mend->doctor;

	if (!is_own(mend, file) || old[0] == '\0' || old[strlen(old) - 1] != '\r')
		return false;
	doctor_mend_command(
		doctor, "sed -i --follow-symlinks 's/\\r$//' %s", doctor_quote(doctor, file));
	return true;
}

void doctor_pam_mend_reading(const struct pam_mend *mend)
{
	const struct pam_stack *stack = mend->stack;
	const struct edit_of edit = {.what = REMOVES, .line = stack->fault_line};
	char *old = stack->fault_file == NULL ? NULL
	                                      : doctor_line(stack->fault_file, stack->fault_line);
	bool is_done = old != NULL &&
	               (advise_ends(mend, stack->fault_file, old) ||
			       (old[strspn(old, BLANKS)] == '#' &&
				       is_own(mend, stack->fault_file) && advise(mend, &edit)));

	free(old);
	if (!is_done)
		doctor_mend_elsewhere(mend->doctor, MEND_VALUE,
			"write line %ld of %s anew, or remove it", stack->fault_line,
			stack->fault_file);
}
