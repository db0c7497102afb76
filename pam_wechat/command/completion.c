/* completion - the shells' completions, made of the table of commands. */
#include <stdio.h>
#include <string.h>

#include "command.h"

/* How bash finds words; zsh runs the same functions through bashcompinit. */
static const char *const finders[] = {
	[COMMAND_NOTHING] = "",
	[COMMAND_TEXT] = "",
	[COMMAND_FILE] = "compgen -f -- \"$word\"",
	[COMMAND_DIRECTORY] = "compgen -d -- \"$word\"",
	/* Not -u, which finds nobody in zsh. */
	[COMMAND_USER] = "compgen -W \"$(getent passwd | cut -d: -f1)\" -- \"$word\"",
	[COMMAND_SERVICE] = "compgen -W \"$(ls /etc/pam.d 2>/dev/null)\" -- \"$word\"",
};

static const struct command_option common[] = {
	{"conf", "FILE", COMMAND_FILE, NULL},
	{"help", NULL, COMMAND_NOTHING, NULL},
	{NULL, NULL, COMMAND_NOTHING, NULL},
};

static void write_names(const struct command_option *options)
{
	for (; options != NULL && options->name != NULL; options++)
		printf(" --%s", options->name);
}

/* After an option that takes an argument come what it stands for. */
static void write_arguments(const struct command_option *options)
{
	for (; options != NULL && options->name != NULL; options++) {
		if (options->argument != NULL)
			printf("\t\t\t--%s) COMPREPLY=($(%s)); return ;;\n", options->name,
				finders[options->word][0] == '\0' ? ":" : finders[options->word]);
	}
}

static void write_command(const struct command *command)
{
	printf("\t%s)\n\t\tcase $before in\n", command->name);
	write_arguments(command->options);
	write_arguments(common);
	printf("\t\tesac\n\t\tif [[ $word == -* ]]; then\n\t\t\twords=\"");
	write_names(command->options);
	write_names(common);
	printf("\"\n");
	if (command->verbs != NULL) {
		printf("\t\telif ((COMP_CWORD == 2)); then\n\t\t\twords=\"");
		for (const char *const *verb = command->verbs; *verb != NULL; verb++)
			printf(" %s", *verb);
		printf("\"\n");
	}
	if (finders[command->word][0] != '\0')
		printf("\t\telse\n\t\t\tCOMPREPLY=($(%s))\n\t\t\treturn\n", finders[command->word]);
	printf("\t\tfi ;;\n");
}

static enum command_exit run(const struct command_call *call)
{
	if (strcmp(call->words[0], "zsh") == 0)
		printf("#compdef pam-wechat\nautoload -U +X bashcompinit && bashcompinit\n\n");
	printf("_pam_wechat() {\n\tlocal word=${COMP_WORDS[COMP_CWORD]} "
	       "before=${COMP_WORDS[COMP_CWORD-1]} words=\n\tCOMPREPLY=()\n"
	       "\tif ((COMP_CWORD == 1)); then\n\t\twords=\"");
	for (size_t i = 0; commands[i] != NULL; i++)
		printf(" %s", commands[i]->name);
	printf("\"\n\t\t[[ $word != -* ]] || words=\"--help --version\"\n"
	       "\telse\n\tcase ${COMP_WORDS[1]} in\n");
	for (size_t i = 0; commands[i] != NULL; i++)
		write_command(commands[i]);
	printf("\tesac\n\tfi\n\tCOMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\n"
	       "complete -F _pam_wechat pam-wechat\n");
	/* As an installed file it is run by the first tab, which wants an answer already. */
	if (strcmp(call->words[0], "zsh") == 0)
		printf("if [[ ${funcstack[1]} == _pam-wechat ]]; then\n"
		       "\t_bash_complete -F _pam_wechat\nfi\n");
	return COMMAND_DONE;
}

static const char *const shells[] = {"bash", "zsh", NULL};

const struct command command_completion = {
	.name = "completion",
	.words = "bash|zsh",
	.words_min = 1,
	.words_max = 1,
	.verbs = shells,
	.summary = "print the completions of a shell",
	.description = "Prints what a shell needs to complete the words of this command. Packages\n"
		       "install it; by hand: source <(pam-wechat completion bash)",
	.run = run,
};
