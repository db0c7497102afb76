#include "command.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "paths.h"

static const char program[] = "pam-wechat";

/* What every subcommand understands. */
static const struct command_option common_options[] = {
	{"conf", "FILE", COMMAND_FILE, "read FILE instead of " PATH_CONF},
	{"help", NULL, COMMAND_NOTHING, "show this help"},
	{NULL, NULL, COMMAND_NOTHING, NULL},
};
static const struct command_option no_options[] = {{NULL, NULL, COMMAND_NOTHING, NULL}};

static const struct command_option *options_of(const struct command *command)
{
	return command->options == NULL ? no_options : command->options;
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; commands[i] != NULL; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}

static void show_options(FILE *stream, const struct command_option *options)
{
	for (; options->name != NULL; options++) {
		char both[64];

		(void)snprintf(both, sizeof(both), "--%s%s%s", options->name,
			options->argument == NULL ? "" : " ",
			options->argument == NULL ? "" : options->argument);
		fprintf(stream, "  %-20s %s\n", both, options->help);
	}
}

static void show_usage(FILE *stream, const struct command *command)
{
	fprintf(stream, "usage: %s %s%s%s%s\n", program, command->name,
		command->words[0] == '\0' ? "" : " ", command->words,
		command->options == NULL ? "" : " [option…]");
}

static void show_help(const struct command *command)
{
	show_usage(stdout, command);
	printf("\n%s\n\n", command->description);
	show_options(stdout, options_of(command));
	show_options(stdout, common_options);
}

static void show_all(FILE *stream)
{
	fprintf(stream, "usage: %s COMMAND [argument…]\n       %s --help | --version\n\n", program,
		program);
	for (size_t i = 0; commands[i] != NULL; i++)
		fprintf(stream, "  %-12s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(stream,
		"\n%s COMMAND --help tells more. Exit status: 0 done, 1 refused or\n"
		"failed, 2 wrong usage or configuration.\n",
		program);
}

static bool is_negative(const char *word)
{
	return word[0] == '-' && word[1] != '\0' &&
	       strspn(word + 1, "0123456789") == strlen(word + 1);
}

static bool takes_next(const struct option *list, const char *word)
{
	for (; list->name != NULL; list++) {
		if (list->has_arg != no_argument && strncmp(word, "--", 2) == 0 &&
			strcmp(word + 2, list->name) == 0)
			return true;
	}
	return false;
}

/*
 * Numbers of WeChat's may be negative, and none is an option: moves such words to the end of argv,
 * and returns how many words stand before them.
 */
static int set_numbers_aside(int argc, char **argv, const struct option *list)
{
	int count = argc;

	for (int i = 1; i < count && strcmp(argv[i], "--") != 0; i++) {
		char *number = argv[i];

		if (takes_next(list, number)) {
			i++;
		} else if (is_negative(number)) {
			memmove(&argv[i], &argv[i + 1], (size_t)(argc - 1 - i) * sizeof(*argv));
			argv[argc - 1] = number;
			count--;
			i--;
		}
	}
	return count;
}

/* The command's options, then the common ones; `place` counts on from 0 in each. */
static size_t list_options(const struct command *command, struct option *list)
{
	const struct command_option *both[] = {options_of(command), common_options};
	size_t count = 0;

	for (size_t i = 0; i < 2; i++) {
		for (size_t place = 0; both[i][place].name != NULL; place++) {
			list[count++] = (struct option){
				.name = both[i][place].name,
				.has_arg = both[i][place].argument == NULL ? no_argument
			                                                   : required_argument,
			};
		}
	}
	return count;
}

/*
 * getopt_long() takes beginnings of names as well. They would change their meaning with the next
 * release; and `--secret` would be taken for the name of a file, and shown.
 */
static bool is_whole(char **argv, const struct option *option)
{
	const char *word = argv[optind - 1];
	size_t length = strlen(option->name);

	if (option->has_arg != no_argument && word == optarg)
		word = argv[optind - 2];
	if (strncmp(word + 2, option->name, length) == 0 &&
		(word[2 + length] == '\0' || word[2 + length] == '='))
		return true;
	fprintf(stderr, "%s: there is no such option; --%s has to be written out\n", argv[0],
		option->name);
	return false;
}

/* Returns COMMAND_DONE with the call filled in; or COMMAND_USAGE after a complaint. */
static enum command_exit read_arguments(
	int argc, char **argv, struct command_call *call, bool *wants_help)
{
	struct option list[COMMAND_OPTIONS_MAX + 3] = {{.name = NULL}};
	size_t count = list_options(call->command, list);
	int read = set_numbers_aside(argc, argv, list);
	int found = 0;
	int option;

	/* getopt_long() names the program by argv[0] in its complaints. */
	while ((option = getopt_long(read, argv, "", list, &found)) != -1) {
		if (option != 0 || !is_whole(argv, &list[found]))
			return COMMAND_USAGE;
		if ((size_t)found == count - 1)
			*wants_help = true;
		else if ((size_t)found == count - 2)
			call->conf = optarg;
		else
			call->values[found] = optarg == NULL ? "" : optarg;
	}
	call->word_count = argc - optind;
	if (*wants_help)
		return COMMAND_DONE;
	if (call->word_count == 0 && call->command->words_min > 0 && call->command->verbs != NULL) {
		fprintf(stderr, "%s: what is to be done? It is one of these:\n\n%s\n\n", argv[0],
			call->command->description);
		return COMMAND_USAGE;
	}
	if (call->word_count < call->command->words_min ||
		call->word_count > call->command->words_max) {
		fprintf(stderr, "%s: too %s arguments\n", argv[0],
			call->word_count < call->command->words_min ? "few" : "many");
		return COMMAND_USAGE;
	}
	for (int i = 0; i < call->word_count; i++)
		call->words[i] = argv[optind + i];
	return COMMAND_DONE;
}

static bool is_verb(const struct command *command, const char *word)
{
	for (const char *const *verb = command->verbs; *verb != NULL; verb++) {
		if (strcmp(*verb, word) == 0)
			return true;
	}
	fprintf(stderr, "%s %s: %s is not one of its words\n", program, command->name, word);
	return false;
}

enum command_exit command_run(int argc, char **argv)
{
	struct command_call call = {.conf = PATH_CONF};
	bool wants_help = false;
	char name[64];

	if (argc < 2) {
		show_all(stderr);
		return COMMAND_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
		strcmp(argv[1], "help") == 0) {
		show_all(stdout);
		return COMMAND_DONE;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		puts(PAM_WECHAT_VERSION);
		return COMMAND_DONE;
	}
	call.command = find(argv[1]);
	if (call.command == NULL) {
		fprintf(stderr, "%s: there is no command %s\n", program, argv[1]);
		show_all(stderr);
		return COMMAND_USAGE;
	}
	(void)snprintf(name, sizeof(name), "%s %s", program, call.command->name);
	argv[1] = name;
	if (read_arguments(argc - 1, argv + 1, &call, &wants_help) != COMMAND_DONE ||
		(!wants_help && call.command->verbs != NULL && call.word_count > 0 &&
			!is_verb(call.command, call.words[0]))) {
		show_usage(stderr, call.command);
		return COMMAND_USAGE;
	}
	if (wants_help) {
		show_help(call.command);
		return COMMAND_DONE;
	}
	return call.command->run(&call);
}
