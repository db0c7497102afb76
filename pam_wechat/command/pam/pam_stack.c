#include "pam_stack.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decimal.h"
#include "pam_folder.h"
#include "pam_line.h"
#include "problem.h"
#include "text.h"

#define FILE_MAX_BYTES 65536
#define PATH_MAX_BYTES 512
#define NESTING_MAX 16

/* The codes by their number, as pam.conf(5) spells them, and "default". */
static const char *const codes[PAM_STACK_CODES] = {"success", "open_err", "symbol_err",
	"service_err", "system_err", "buf_err", "perm_denied", "auth_err", "cred_insufficient",
	"authinfo_unavail", "user_unknown", "maxtries", "new_authtok_reqd", "acct_expired",
	"session_err", "cred_unavail", "cred_expired", "cred_err", "no_module_data", "conv_err",
	"authtok_err", "authtok_recover_err", "authtok_lock_busy", "authtok_disable_aging",
	"try_again", "ignore", "abort", "authtok_expired", "module_unknown", "bad_item",
	"conv_again", "incomplete", "default"};

static const char *const actions[] = {"ignore", "ok", "done", "bad", "die", "reset"};

static const struct keyword {
	const char *name, *control;
} keywords[] = {
	{"required", "success=ok new_authtok_reqd=ok ignore=ignore default=bad"},
	{"requisite", "success=ok new_authtok_reqd=ok ignore=ignore default=die"},
	{"optional", "success=ok new_authtok_reqd=ok default=ignore"},
	{"sufficient", "success=done new_authtok_reqd=done default=ignore"},
};

struct reading {
	const char *folder, *type;
	struct pam_stack *stack;
	int nesting;
	bool lacks_memory;
};

static void set_all(int *list, int from, int action)
{
	for (int i = 0; i < PAM_STACK_CODES; i++) {
		if (from == PAM_ACTION_UNSET ? list[i] == PAM_ACTION_UNSET : true)
			list[i] = action;
	}
}

static int find_word(const char *const *list, size_t count, const char *string)
{
	size_t best_length = 0;
	int best = -1;

	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(list[i]);

		if (length > best_length && strncmp(list[i], string, length) == 0) {
			best = (int)i;
			best_length = length;
		}
	}
	return best;
}

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t\n");
}

/* Reads one `code=action`. Returns what follows, or NULL if it is none. */
static const char *parse_pair(const char *at, int *list)
{
	int code = find_word(codes, PAM_STACK_CODES, at);
	int action;

	if (code < 0)
		return NULL;
	at = skip_blanks(at + strlen(codes[code]));
	if (*at != '=')
		return NULL;
	at = skip_blanks(at + 1);
	action = find_word(actions, sizeof(actions) / sizeof(actions[0]), at);
	if (action >= 0) {
		at += strlen(actions[action]);
		action = -action;
	} else {
		size_t digits = decimal_span(at);

		action = (int)decimal_parse(at, digits, 1, PAM_STACK_MAX * 1000);
		if (action < 0)
			return NULL;
		at += digits;
	}
	if (code == PAM_STACK_CODES - 1)
		set_all(list, PAM_ACTION_UNSET, action);
	else
		list[code] = action;
	return skip_blanks(at);
}

/* What libpam does about each code; a control that it does not understand denies always. */
static void parse_control(const char *control, int *list)
{
	set_all(list, 0, PAM_ACTION_UNSET);
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		if (strcasecmp(control, keywords[i].name) == 0)
			control = keywords[i].control;
	}
	for (const char *at = skip_blanks(control); at != NULL && *at != '\0';) {
		at = parse_pair(at, list);
		if (at == NULL)
			set_all(list, 0, PAM_ACTION_BAD);
	}
	set_all(list, PAM_ACTION_UNSET, PAM_ACTION_BAD);
}

static char *copy(struct reading *reading, const char *string)
{
	char *made = strdup(string);

	reading->lacks_memory = reading->lacks_memory || made == NULL;
	return made;
}

static void note_fault(struct reading *reading, const char *file, size_t line, const char *fault)
{
	char *noted = reading->stack->fault;

	/* One that is too long to be shown is still one. */
	if (noted[0] == '\0')
		(void)text_format(
			noted, sizeof(reading->stack->fault), "%s:%zu: %s", file, line, fault);
}

static struct pam_entry *new_entry(
	struct reading *reading, const char *file, size_t line, int level)
{
	struct pam_stack *stack = reading->stack;
	struct pam_entry *entry;

	if (stack->count == PAM_STACK_MAX || level >= PAM_STACK_LEVELS) {
		stack->is_cut = true;
		note_fault(reading, file, line,
			"too many lines, or substacks in substacks, to be judged");
		return NULL;
	}
	entry = &stack->entries[stack->count++];
	entry->file = copy(reading, file);
	entry->line = (long)line;
	entry->level = level;
	return entry;
}

static void add_broken(
	struct reading *reading, const char *file, size_t line, int level, const char *fault)
{
	struct pam_entry *entry = new_entry(reading, file, line, level);

	note_fault(reading, file, line, fault);
	if (entry != NULL) {
		entry->is_broken = true;
		set_all(entry->actions, 0, PAM_ACTION_BAD);
	}
}

static int read_file(struct reading *reading, const char *name, int level);

static void include(
	struct reading *reading, const char *file, const struct pam_line *line, int level)
{
	char fault[PATH_MAX_BYTES];
	int rv = line->module[0] == '\0' ? -EINVAL : read_file(reading, line->module, level);

	if (rv == 0)
		return;
	(void)text_format(fault, sizeof(fault), "%s: %s", line->module, strerror(-rv));
	add_broken(reading, file, line->number, level, fault);
}

static void add_module(
	struct reading *reading, const char *file, const struct pam_line *line, int level)
{
	struct pam_entry *entry = new_entry(reading, file, line->number, level);
	char *rest = line->arguments;
	const char *word;

	if (entry == NULL)
		return;
	entry->control = copy(reading, line->control);
	parse_control(line->control, entry->actions);
	entry->is_broken = line->module[0] == '\0';
	if (entry->is_broken) {
		note_fault(reading, file, line->number, "there is no module");
		return;
	}
	entry->module = copy(reading, line->module);
	while (entry->word_count < PAM_STACK_WORDS && *(word = pam_line_take(&rest)) != '\0')
		entry->words[entry->word_count++] = copy(reading, word);
}

static void add_line(
	struct reading *reading, const char *file, const struct pam_line *line, int level)
{
	struct pam_entry *entry;

	if (line->kind == PAM_LINE_MODULE) {
		add_module(reading, file, line, level);
	} else if (line->kind == PAM_LINE_INCLUDE) {
		include(reading, file, line, level);
	} else if (line->kind == PAM_LINE_SUBSTACK) {
		entry = new_entry(reading, file, line->number, level);
		if (entry != NULL) {
			entry->is_substack = true;
			include(reading, file, line, level + 1);
		}
	}
}

static void read_text(
	struct reading *reading, const char *file, const char *bytes, size_t length, int level)
{
	struct problem problem = {.text = ""};
	struct pam_lines lines;
	struct pam_line line;
	int rv;

	pam_lines_init(&lines, bytes, length);
	while ((rv = pam_lines_next(&lines, &line, &problem)) != 0) {
		if (rv < 0)
			add_broken(reading, file, line.number, level, problem.text);
		else if (pam_line_is_of(&line, reading->type))
			add_line(reading, file, &line, level);
	}
}

static FILE *open_service(const char *folder, const char *name, char *path)
{
	FILE *file;

	if (name[0] == '/') {
		(void)snprintf(path, PATH_MAX_BYTES, "%s", name);
		return fopen(path, "re");
	}
	(void)snprintf(path, PATH_MAX_BYTES, "%s/%s", folder, name);
	file = fopen(path, "re");
	if (file != NULL || errno != ENOENT || strcmp(folder, PAM_FOLDER) != 0)
		return file;
	(void)snprintf(path, PATH_MAX_BYTES, "%s/%s", PAM_FOLDER_SHIPPED, name);
	return fopen(path, "re");
}

static int read_file(struct reading *reading, const char *name, int level)
{
	char path[PATH_MAX_BYTES];
	char *bytes;
	size_t length;
	FILE *file;
	int rv = 0;

	if (reading->nesting == NESTING_MAX)
		return -ELOOP;
	file = open_service(reading->folder, name, path);
	if (file == NULL)
		return -errno;
	bytes = malloc(FILE_MAX_BYTES + 1);
	reading->lacks_memory = reading->lacks_memory || bytes == NULL;
	length = bytes == NULL ? 0 : fread(bytes, 1, FILE_MAX_BYTES + 1, file);
	if (ferror(file))
		rv = -EIO;
	else if (length > FILE_MAX_BYTES)
		rv = -EFBIG;
	(void)fclose(file);
	reading->nesting++;
	if (rv == 0)
		read_text(reading, path, bytes, length, level);
	reading->nesting--;
	free(bytes);
	return rv;
}

/* Reads the file, or the bytes if there are some. */
static int read_stack(struct reading *reading, const char *name, const char *bytes, size_t length,
	struct pam_stack **stack)
{
	char path[PATH_MAX_BYTES];
	int rv = 0;

	*stack = reading->stack = calloc(1, sizeof(*reading->stack));
	if (reading->stack == NULL)
		return -ENOMEM;
	if (bytes == NULL) {
		rv = read_file(reading, name, 0);
	} else {
		(void)snprintf(path, sizeof(path), "%s/%s", reading->folder, name);
		read_text(reading, path, bytes, length, 0);
	}
	if (reading->lacks_memory)
		rv = -ENOMEM;
	if (rv < 0)
		pam_stack_free(stack);
	return rv;
}

int pam_stack_read(const char *folder, const char *name, const char *type, struct pam_stack **stack)
{
	struct reading reading = {.folder = folder, .type = type};

	return read_stack(&reading, name, NULL, 0, stack);
}

int pam_stack_read_text(const char *folder, const char *name, const char *type, const char *bytes,
	size_t length, struct pam_stack **stack)
{
	struct reading reading = {.folder = folder, .type = type};

	return read_stack(&reading, name, bytes, length, stack);
}

void pam_stack_free(struct pam_stack **stack)
{
	for (size_t i = 0; *stack != NULL && i < (*stack)->count; i++) {
		struct pam_entry *entry = &(*stack)->entries[i];

		for (int word = 0; word < entry->word_count; word++)
			free(entry->words[word]);
		free(entry->file);
		free(entry->control);
		free(entry->module);
	}
	free(*stack);
	*stack = NULL;
}

const char *pam_entry_name(const struct pam_entry *entry)
{
	const char *slash;

	if (entry->module == NULL)
		return "";
	slash = strrchr(entry->module, '/');
	return slash == NULL ? entry->module : slash + 1;
}

bool pam_entry_is_ours(const struct pam_entry *entry)
{
	return strcmp(pam_entry_name(entry), "pam_wechat.so") == 0;
}

const struct pam_entry *pam_stack_find_ours(const struct pam_stack *stack)
{
	for (size_t i = 0; i < stack->count; i++) {
		if (pam_entry_is_ours(&stack->entries[i]))
			return &stack->entries[i];
	}
	return NULL;
}
