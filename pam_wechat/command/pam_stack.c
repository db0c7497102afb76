#include "pam_stack.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define LINE_MAX_BYTES 4096
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
		char *end = NULL;
		long jump = isdigit((unsigned char)*at) ? strtol(at, &end, 10) : 0;

		if (jump < 1 || jump > PAM_STACK_MAX * 1000L)
			return NULL;
		action = (int)jump;
		at = end;
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

/* Takes the next word off a line: brackets keep blanks together, and are taken away. */
static char *take_word(char **line)
{
	char *word = *line + strspn(*line, " \t");
	char *end;

	if (*word == '\0')
		return NULL;
	if (*word == '[') {
		char *to = ++word;

		for (end = word; *end != '\0' && *end != ']'; end++) {
			if (*end == '\\' && end[1] == ']')
				end++;
			*to++ = *end;
		}
		*line = *end == '\0' ? end : end + 1;
		*to = '\0';
		return word;
	}
	end = word + strcspn(word, " \t");
	*line = *end == '\0' ? end : end + 1;
	*end = '\0';
	return word;
}

static char *copy(struct reading *reading, const char *string)
{
	char *made = strdup(string);

	reading->lacks_memory = reading->lacks_memory || made == NULL;
	return made;
}

static struct pam_entry *new_entry(struct reading *reading, const char *file, long line, int level)
{
	struct pam_stack *stack = reading->stack;
	struct pam_entry *entry;

	if (stack->count == PAM_STACK_MAX || level >= PAM_STACK_LEVELS) {
		stack->is_cut = true;
		return NULL;
	}
	entry = &stack->entries[stack->count++];
	entry->file = copy(reading, file);
	entry->line = line;
	entry->level = level;
	return entry;
}

static int read_file(struct reading *reading, const char *name, int level);

static void include(
	struct reading *reading, const char *file, long line, int level, const char *name)
{
	struct pam_entry *entry;

	if (name != NULL && read_file(reading, name, level) == 0)
		return;
	entry = new_entry(reading, file, line, level);
	if (entry != NULL) {
		entry->is_broken = true;
		set_all(entry->actions, 0, PAM_ACTION_BAD);
	}
}

static void add_module(struct reading *reading, const char *file, long line, int level,
	const char *control, char *rest)
{
	struct pam_entry *entry = new_entry(reading, file, line, level);
	const char *module = take_word(&rest);
	char *word;

	if (entry == NULL)
		return;
	entry->control = copy(reading, control);
	parse_control(control, entry->actions);
	entry->is_broken = module == NULL;
	if (module == NULL)
		return;
	entry->module = copy(reading, module);
	while ((word = take_word(&rest)) != NULL && entry->word_count < PAM_STACK_WORDS)
		entry->words[entry->word_count++] = copy(reading, word);
}

static void read_line(struct reading *reading, const char *file, long number, int level, char *line)
{
	char *rest = line;
	const char *type = take_word(&rest);
	const char *control;
	struct pam_entry *entry;

	if (type == NULL)
		return;
	if (strcasecmp(type, "@include") == 0) {
		include(reading, file, number, level, take_word(&rest));
		return;
	}
	if (strcasecmp(type[0] == '-' ? type + 1 : type, reading->type) != 0)
		return;
	control = take_word(&rest);
	if (control == NULL) {
		include(reading, file, number, level, NULL);
	} else if (strcasecmp(control, "include") == 0) {
		include(reading, file, number, level, take_word(&rest));
	} else if (strcasecmp(control, "substack") == 0) {
		entry = new_entry(reading, file, number, level);
		if (entry != NULL) {
			entry->is_substack = true;
			include(reading, file, number, level + 1, take_word(&rest));
		}
	} else {
		add_module(reading, file, number, level, control, rest);
	}
}

/* Puts continued lines together; a '#' ends a line wherever it stands. Returns false at the end. */
static bool next_line(FILE *file, char *line, long *first, long *number)
{
	char part[LINE_MAX_BYTES];
	struct text text;

	*first = *number + 1;
	text_init(&text, line, LINE_MAX_BYTES);
	while (fgets(part, sizeof(part), file) != NULL) {
		size_t end = strcspn(part, "#\n");
		bool goes_on = part[end] == '\n' && end > 0 && part[end - 1] == '\\';

		++*number;
		part[goes_on ? end - 1 : end] = '\0';
		text_add(&text, text.length == 0 ? "" : " ");
		text_add(&text, part);
		if (!goes_on)
			return true;
	}
	return text.length > 0;
}

static FILE *open_service(const char *folder, const char *name, char *path)
{
	static const char vendor[] = "/usr/lib/pam.d";
	FILE *file;

	if (name[0] == '/') {
		(void)snprintf(path, PATH_MAX_BYTES, "%s", name);
		return fopen(path, "re");
	}
	(void)snprintf(path, PATH_MAX_BYTES, "%s/%s", folder, name);
	file = fopen(path, "re");
	if (file != NULL || errno != ENOENT || strcmp(folder, "/etc/pam.d") != 0)
		return file;
	(void)snprintf(path, PATH_MAX_BYTES, "%s/%s", vendor, name);
	return fopen(path, "re");
}

static int read_file(struct reading *reading, const char *name, int level)
{
	char path[PATH_MAX_BYTES], line[LINE_MAX_BYTES];
	long number = 0, first = 0;
	FILE *file;

	if (reading->nesting == NESTING_MAX)
		return -ELOOP;
	file = open_service(reading->folder, name, path);
	if (file == NULL)
		return -errno;
	reading->nesting++;
	while (next_line(file, line, &first, &number))
		read_line(reading, path, first, level, line);
	reading->nesting--;
	(void)fclose(file);
	return 0;
}

int pam_stack_read(const char *folder, const char *name, const char *type, struct pam_stack **stack)
{
	struct reading reading = {.folder = folder, .type = type};
	int rv;

	*stack = reading.stack = calloc(1, sizeof(*reading.stack));
	if (reading.stack == NULL)
		return -ENOMEM;
	rv = read_file(&reading, name, 0);
	if (reading.lacks_memory)
		rv = -ENOMEM;
	if (rv < 0)
		pam_stack_free(stack);
	return rv;
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
