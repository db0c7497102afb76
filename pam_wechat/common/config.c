#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "decimal.h"
#include "display.h"
#include "lines.h"
#include "plain.h"
#include "problem.h"
#include "secret.h"

static int set_string(char **member, const char *value)
{
	char *copy = strdup(value);

	if (copy == NULL)
		return -ENOMEM;
	free(*member);
	*member = copy;
	return 0;
}

static int set_list(
	struct config_list *list, const char *name, const char *value, struct problem *problem)
{
	if (list->count == CONFIG_LIST_MAX)
		return problem_set(
			problem, -EINVAL, "%s is given more than %d times", name, CONFIG_LIST_MAX);
	list->items[list->count] = strdup(value);
	if (list->items[list->count] == NULL)
		return -ENOMEM;
	list->count++;
	return 0;
}

static int set_flag(bool *member, const char *name, const char *value, struct problem *problem)
{
	if (strcmp(value, "yes") == 0)
		*member = true;
	else if (strcmp(value, "no") == 0)
		*member = false;
	else
		return problem_set(problem, -EINVAL, "%s is yes or no, not \"%s\"", name, value);
	return 0;
}

static int set_number(
	long *member, const struct config_key *key, const char *value, struct problem *problem)
{
	int64_t number = decimal_parse_string(value, key->low, key->high);

	if (number >= 0) {
		*member = (long)number;
		return 0;
	}
	return problem_set(problem, -EINVAL, "%s is a whole number from %ld to %ld, not \"%s\"",
		key->name, key->low, key->high, value);
}

static int set_word(
	int *member, const struct config_key *key, const char *value, struct problem *problem)
{
	problem_set(problem, 0, "%s is", key->name);
	for (int i = 0; key->words[i] != NULL; i++) {
		struct problem so_far = *problem;

		if (strcmp(value, key->words[i]) == 0) {
			*member = i;
			problem->text[0] = '\0';
			return 0;
		}
		problem_set(problem, 0, "%s%s %s", so_far.text, i == 0 ? "" : " or", key->words[i]);
	}
	struct problem wanted = *problem;
	return problem_set(problem, -EINVAL, "%s, not \"%s\"", wanted.text, value);
}

static const struct config_key *find_key(
	const struct config_table *table, const char *name, size_t *index)
{
	for (size_t i = 0; i < table->count; i++) {
		if (strcmp(table->keys[i].name, name) == 0) {
			*index = i;
			return &table->keys[i];
		}
	}
	return NULL;
}

int config_set(const struct config_table *table, void *settings, uint64_t *seen, const char *name,
	const char *value, struct problem *problem)
{
	size_t index = 0;
	const struct config_key *key = find_key(table, name, &index);
	char *member;

	if (key == NULL) {
		char shown[256];

		display_escape(shown, sizeof(shown), name, strlen(name));
		return problem_set(problem, -EINVAL, "unknown key \"%s\"", shown);
	}
	if ((*seen >> index & 1) != 0 && key->type != CONFIG_LIST)
		return problem_set(problem, -EINVAL, "%s is given twice", name);
	*seen |= (uint64_t)1 << index;
	if (value[0] == '\0')
		return problem_set(problem, -EINVAL, "%s has no value", name);
	if (key->fault != NULL) {
		const char *fault = key->fault(value);

		if (fault != NULL)
			return problem_set(problem, -EINVAL, "%s %s", name, fault);
	}
	member = (char *)settings + key->offset;
	switch (key->type) {
	case CONFIG_STRING:
		return set_string((char **)(void *)member, value);
	case CONFIG_LIST:
		return set_list((struct config_list *)(void *)member, name, value, problem);
	case CONFIG_FLAG:
		return set_flag((bool *)(void *)member, name, value, problem);
	case CONFIG_NUMBER:
		return set_number((long *)(void *)member, key, value, problem);
	case CONFIG_WORD:
		return set_word((int *)(void *)member, key, value, problem);
	}
	return problem_set(problem, -EINVAL, "%s has no type", name);
}

/* Ends the string where its trailing blanks begin. */
static void trim(char *string)
{
	size_t length = strlen(string);

	while (length > 0 && (string[length - 1] == ' ' || string[length - 1] == '\t'))
		string[--length] = '\0';
}

/* Sets what a line says, which is taken to pieces. */
static int parse_line(const struct config_table *table, void *settings, uint64_t *seen, char *line,
	struct problem *problem)
{
	char *key = line + strspn(line, " \t");
	char *value;

	if (*key == '\0' || *key == '#')
		return 0;
	value = strchr(key, '=');
	if (value == NULL)
		return problem_set(problem, -EINVAL, "expected \"key = value\"");
	*value++ = '\0';
	trim(key);
	value += strspn(value, " \t");
	trim(value);
	return config_set(table, settings, seen, key, value, problem);
}

int config_parse(const struct config_table *table, void *settings, uint64_t *seen, const char *path,
	const char *bytes, size_t length, struct problem *problem)
{
	char line[LINES_LENGTH_MAX + 1], whole[LINES_LENGTH_MAX + 1];
	struct lines lines;
	int rv;

	lines_init(&lines, bytes, length);
	for (;;) {
		rv = lines_next(&lines, line, problem);
		if (rv > 0) {
			strcpy(whole, line);
			rv = parse_line(table, settings, seen, line, problem);
			/* Mostly it is the cause. Where the line is good, it is meant. */
			if (rv == -EINVAL)
				(void)plain_judge_line(whole, problem);
		} else if (rv == 0) {
			break;
		}
		if (rv < 0) {
			problem_locate(problem, "%s:%zu: ", path, lines.number);
			break;
		}
	}
	return rv;
}

int config_read(const struct config_table *table, void *settings, uint64_t *seen, const char *path,
	enum safe_file_kind kind, struct problem *problem)
{
	struct secret *contents = NULL;
	int rv = safe_file_read(path, kind, CONFIG_FILE_MAX, &contents, problem);

	if (rv == 0)
		rv = config_parse(
			table, settings, seen, path, contents->bytes, contents->size - 1, problem);
	secret_free(&contents);
	return rv;
}

static void print_key(const struct config_key *key, const char *member, FILE *stream)
{
	const struct config_list *list = (const struct config_list *)(const void *)member;
	const char *value = NULL;

	switch (key->type) {
	case CONFIG_STRING:
		value = *(char *const *)(const void *)member;
		break;
	case CONFIG_LIST:
		for (size_t i = 0; i < list->count; i++)
			fprintf(stream, "%s = %s\n", key->name, list->items[i]);
		break;
	case CONFIG_FLAG:
		value = *(const bool *)(const void *)member ? "yes" : "no";
		break;
	case CONFIG_NUMBER:
		fprintf(stream, "%s = %ld\n", key->name, *(const long *)(const void *)member);
		break;
	case CONFIG_WORD:
		value = key->words[*(const int *)(const void *)member];
		break;
	}
	if (value != NULL)
		fprintf(stream, "%s = %s\n", key->name, value);
}

void config_print(const struct config_table *table, const void *settings, FILE *stream)
{
	for (size_t i = 0; i < table->count; i++)
		print_key(&table->keys[i], (const char *)settings + table->keys[i].offset, stream);
}

void config_finish(const struct config_table *table, void *settings)
{
	for (size_t i = 0; i < table->count; i++) {
		char *member = (char *)settings + table->keys[i].offset;

		if (table->keys[i].type == CONFIG_STRING) {
			char **string = (char **)(void *)member;

			free(*string);
			*string = NULL;
		} else if (table->keys[i].type == CONFIG_LIST) {
			struct config_list *list = (struct config_list *)(void *)member;

			while (list->count > 0)
				free(list->items[--list->count]);
		}
	}
}

const char *config_path_fault(const char *value)
{
	return value[0] == '/' ? NULL : "must be an absolute path";
}
