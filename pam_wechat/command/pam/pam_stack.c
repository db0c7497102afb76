#include "pam_stack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "display.h"
#include "pam_folder.h"
#include "pam_line.h"
#include "problem.h"
#include "text.h"

#define FILE_MAX_BYTES 65536
#define PATH_MAX_BYTES 512

static const char *const types[] = {"auth", "account", "session", "password"};
#define TYPE_COUNT (sizeof(types) / sizeof(types[0]))

struct reading {
	const char *folder, *type;
	struct pam_stack *stack;
	size_t own_line; /* of the service's own file */
	int nesting;
	bool lacks_memory;
};

/* Where a line stands, and what was asked for where its file is included. */
struct place {
	const char *file;
	size_t line;
	const char *wanted; /* the type of the including line; NULL: lines of all types */
	int level;
};

static char *copy(struct reading *reading, const char *string)
{
	char *made = string == NULL ? NULL : strdup(string);

	reading->lacks_memory = reading->lacks_memory || (string != NULL && made == NULL);
	return made;
}

/* Notes what is wrong; NULL: what was noted before is the cause. Returns -EINVAL, to end with. */
static int note(
	struct reading *reading, const struct place *place, enum pam_reading how, const char *fault)
{
	struct pam_stack *stack = reading->stack;

	/* The first place of the worst kind: whoever mends it hears of the next. */
	if (how <= stack->reading)
		return -EINVAL;
	stack->reading = how;
	if (fault == NULL && stack->fault_file != NULL)
		return -EINVAL;
	free(stack->fault_file);
	stack->fault_file = copy(reading, place->file);
	stack->fault_line = (long)place->line;
	(void)text_format(stack->fault, sizeof(stack->fault), "%s", fault == NULL ? "" : fault);
	return -EINVAL;
}

/* The type that a line without a good one counts for: the most important that it can. */
static const char *type_of_broken(const struct place *place)
{
	return place->wanted == NULL ? "auth" : place->wanted;
}

/* Adds an entry, if it is of the type that is read. Returns NULL if it is not, or for too many. */
static struct pam_entry *new_entry(
	struct reading *reading, const struct place *place, const char *type)
{
	struct pam_stack *stack = reading->stack;
	struct pam_entry *entry;

	if (strcasecmp(type, reading->type) != 0)
		return NULL;
	if (stack->count == PAM_STACK_MAX) {
		(void)note(reading, place, PAM_READING_UNCLEAR, "there are too many lines");
		return NULL;
	}
	entry = &stack->entries[stack->count++];
	entry->file = copy(reading, place->file);
	entry->line = (long)place->line;
	entry->own_line = (long)reading->own_line;
	entry->level = place->level;
	return entry;
}

static void add_broken(struct reading *reading, const struct place *place, const char *type,
	const char *control, const char *fault)
{
	struct pam_entry *entry = new_entry(reading, place, type);

	if (entry == NULL)
		return;
	(void)note(reading, place, PAM_READING_BROKEN, fault);
	entry->is_broken = true;
	entry->control = copy(reading, control);
	(void)pam_control_parse(control, entry->actions);
}

/* Whether libpam finds a name for its log in the path: without one it reads nothing. */
static bool has_name(const char *module)
{
	const char *slash = strrchr(module, '/');
	const char *name = slash == NULL ? module : slash + 1;
	const char *dot = strrchr(name, '.');
	size_t length = dot == NULL ? strlen(name) : (size_t)(dot - name);

	return length > 0 && !(length == 1 && name[0] == '?');
}

static int add_module(
	struct reading *reading, const struct place *place, const struct pam_line *line)
{
	struct pam_entry *entry;
	char *rest = line->arguments;
	const char *fault, *word;

	if (!has_name(line->module))
		return note(reading, place, PAM_READING_ABORTS,
			"the module has no name: libpam reads nothing of the service then");
	entry = new_entry(reading, place, line->type);
	if (entry == NULL)
		return 0;
	entry->is_quiet = line->is_quiet;
	entry->control = copy(reading, line->control);
	fault = pam_control_parse(line->control, entry->actions);
	if (fault != NULL)
		(void)note(reading, place, PAM_READING_BROKEN, fault);
	entry->module = copy(reading, line->module);
	while ((word = pam_line_take(&rest)) != NULL) {
		if (entry->word_count == PAM_STACK_WORDS) {
			(void)note(reading, place, PAM_READING_UNCLEAR, "there are too many words");
			break;
		}
		entry->words[entry->word_count++] = copy(reading, word);
	}
	return 0;
}

static int read_file(
	struct reading *reading, const struct place *place, const char *name, const char *wanted);

/* Adds what another file holds, of this type or of all (NULL). Returns 0, or -EINVAL if libpam
 * reads nothing of the service. */
static int include(
	struct reading *reading, struct place place, const struct pam_line *line, const char *type)
{
	const struct place outside = place;
	char fault[PATH_MAX_BYTES];
	int rv;

	/* Upstream's libpam fails at this line, and Debian's crashes. */
	if (line->module == NULL) {
		(void)note(reading, &place, PAM_READING_UNCLEAR, "no file is named");
		return 0;
	}
	if (line->kind == PAM_LINE_SUBSTACK) {
		struct pam_entry *entry = new_entry(reading, &place, type);

		if (entry != NULL)
			entry->is_substack = true;
		place.level++;
	}
	rv = read_file(reading, &place, line->module, type);
	if (rv == 0)
		return 0;
	if (text_format(fault, sizeof(fault), "%s: %s", line->module, strerror(-rv)) < 0)
		fault[0] = '\0';
	if (type == NULL)
		return note(reading, &outside, PAM_READING_ABORTS, rv == -EINVAL ? NULL : fault);
	/* Debian's libpam treats it by the control of whatever line came before. */
	if (line->control == NULL)
		(void)note(reading, &outside, PAM_READING_UNCLEAR, rv == -EINVAL ? NULL : fault);
	add_broken(reading, &outside, type, NULL, fault);
	return 0;
}

static bool is_type(const char *word)
{
	for (size_t i = 0; i < TYPE_COUNT; i++) {
		if (strcasecmp(word, types[i]) == 0)
			return true;
	}
	return false;
}

/* Returns 0, or -EINVAL if libpam reads nothing of the service because of the line. */
static int add_line(struct reading *reading, const struct place *place, const struct pam_line *line)
{
	char fault[PATH_MAX_BYTES] = "";
	const char *type;

	if (line->type == NULL)
		return 0;
	/* "@include" brings lines of all types, if its file is not included for one of them. */
	if (line->kind == PAM_LINE_INCLUDE && line->control == NULL)
		return include(reading, *place, line, place->wanted);
	type = is_type(line->type) ? line->type : type_of_broken(place);
	if (place->wanted != NULL && strcasecmp(type, place->wanted) != 0)
		return 0;
	if (type != line->type) {
		char shown[128];

		display_escape(shown, sizeof(shown), line->type, strlen(line->type));
		(void)text_format(fault, sizeof(fault), "there is no type \"%s\"", shown);
	}
	/* libpam includes for the type that it counts for, whatever it is called. */
	if (line->kind != PAM_LINE_MODULE) {
		if (type != line->type)
			(void)note(reading, place, PAM_READING_BROKEN, fault);
		return include(reading, *place, line, type);
	}
	if (type != line->type) {
		add_broken(reading, place, type, line->control, fault);
		return 0;
	}
	if (line->module == NULL) {
		add_broken(reading, place, line->type, line->control, "there is no module");
		return 0;
	}
	return add_module(reading, place, line);
}

/* Returns 0, or -EINVAL if libpam does not read it to its end. */
static int read_text(struct reading *reading, struct place place, const char *bytes, size_t length)
{
	struct problem problem = {.text = ""};
	struct pam_lines lines;
	struct pam_line line;
	int rv, read = 0;

	pam_lines_init(&lines, bytes, length);
	/* Of the service's own file all is read, so that it's known whether it leads to ours. */
	while ((read == 0 || reading->nesting == 1) &&
		(rv = pam_lines_next(&lines, &line, &problem)) != 0) {
		place.line = line.number;
		if (reading->nesting == 1)
			reading->own_line = line.number;
		if (rv > 0)
			read = add_line(reading, &place, &line);
		else if (rv == -EINVAL)
			(void)note(reading, &place, PAM_READING_UNCLEAR, problem.text);
		else
			read = note(reading, &place,
				reading->nesting == 1 ? PAM_READING_ABORTS : PAM_READING_BROKEN,
				problem.text);
	}
	return read;
}

/* Opens it, without waiting for whoever writes to a FIFO. Returns a descriptor, or -errno. */
static int open_file(const char *folder, const char *name, char *path)
{
	int length = name[0] == '/' ? snprintf(path, PATH_MAX_BYTES, "%s", name)
	                            : snprintf(path, PATH_MAX_BYTES, "%s/%s", folder, name);
	int fd;

	if (length < 0 || length >= PATH_MAX_BYTES)
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

/* Reads all of it. Returns the length and bytes that the caller frees; or NULL, and why. */
static char *read_bytes(struct reading *reading, int fd, size_t *length, const char **fault)
{
	char *bytes = malloc(FILE_MAX_BYTES + 1);
	struct stat status;
	FILE *file = NULL;

	*fault = NULL;
	reading->lacks_memory = reading->lacks_memory || bytes == NULL;
	if (bytes == NULL)
		*fault = "";
	else if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		*fault = "this is no regular file";
	else if ((file = fdopen(dup(fd), "r")) == NULL)
		*fault = strerror(errno);
	if (file != NULL) {
		*length = fread(bytes, 1, FILE_MAX_BYTES + 1, file);
		if (ferror(file))
			*fault = "it cannot be read";
		else if (*length > FILE_MAX_BYTES)
			*fault = "it is longer than 64 KiB";
		(void)fclose(file);
	}
	if (*fault == NULL)
		return bytes;
	free(bytes);
	return NULL;
}

static void note_file(struct reading *reading, const char *path)
{
	struct pam_stack *stack = reading->stack;

	for (size_t i = 0; i < stack->file_count; i++) {
		if (strcmp(stack->files[i], path) == 0)
			return;
	}
	if (stack->file_count < PAM_STACK_FILES &&
		(stack->files[stack->file_count] = copy(reading, path)) != NULL)
		stack->file_count++;
}

/* Reads a file for the line at the place, or for none. Returns 0 or -errno, as libpam fails. */
static int read_file(
	struct reading *reading, const struct place *place, const char *name, const char *wanted)
{
	struct place inside = {.wanted = wanted, .level = place->level};
	char path[PATH_MAX_BYTES];
	const char *fault;
	size_t length = 0;
	char *bytes;
	int rv = 0, fd;

	inside.file = path;
	/* Up to 1.5 libpam counts substacks alone, and follows a file that includes itself for
	 * ever. */
	if (reading->nesting == PAM_STACK_LEVELS) {
		(void)note(reading, place, PAM_READING_UNCLEAR,
			"files include files in more than 16 levels");
		return 0;
	}
	fd = open_file(reading->folder, name, path);
	if (fd == -ENOENT && name[0] != '/' && strcmp(reading->folder, PAM_FOLDER) == 0) {
		fd = open_file(PAM_FOLDER_SHIPPED, name, path);
		/* Debian's libpam looks in /etc/pam.d alone for what is included. */
		if (fd >= 0 && reading->nesting > 0)
			(void)note(reading, place, PAM_READING_UNCLEAR,
				"what is included lies in " PAM_FOLDER_SHIPPED
				" alone, where not every libpam looks for it");
	}
	if (fd < 0)
		return fd;
	note_file(reading, path);
	bytes = read_bytes(reading, fd, &length, &fault);
	close(fd);
	reading->nesting++;
	if (bytes == NULL)
		(void)note(reading, &inside, PAM_READING_UNCLEAR, fault);
	else
		rv = read_text(reading, inside, bytes, length);
	reading->nesting--;
	free(bytes);
	return rv;
}

/* Reads the file, or the bytes if there are some. */
static int read_stack(struct reading *reading, const char *name, const char *bytes, size_t length,
	struct pam_stack **stack)
{
	struct place nowhere = {.file = name};
	char path[PATH_MAX_BYTES];
	int rv = 0;

	*stack = reading->stack = calloc(1, sizeof(*reading->stack));
	if (reading->stack == NULL)
		return -ENOMEM;
	if (bytes == NULL) {
		rv = read_file(reading, &nowhere, name, NULL);
	} else {
		(void)snprintf(path, sizeof(path), "%s/%s", reading->folder, name);
		nowhere.file = path;
		reading->nesting++;
		(void)read_text(reading, nowhere, bytes, length);
	}
	/* What libpam does not read is told by `reading`. */
	if (rv == -EINVAL)
		rv = 0;
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
	for (size_t i = 0; *stack != NULL && i < (*stack)->file_count; i++)
		free((*stack)->files[i]);
	if (*stack != NULL)
		free((*stack)->fault_file);
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
