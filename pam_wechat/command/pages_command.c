/* pages - copies of the phone's pages, to be changed. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "call.h"
#include "helper_program.h"
#include "problem.h"

static enum command_exit run(const struct command_call *call)
{
	const char *directory = call->words[0];
	const char *arguments[] = {"-p", directory, NULL};
	struct problem problem = {.text = ""};
	char output[4096], path[PATH_MAX];

	if (helper_program_run(arguments, output, sizeof(output), &problem) < 0) {
		fprintf(stderr, "pam-wechat pages: %s\n", problem.text);
		return COMMAND_REFUSED;
	}
	printf("The pages are in %s. Change what you like, and remove the others: what is missing\n"
	       "stays as it is built in. In helper.conf:\n\n    pages_dir = %s\n\n"
	       "then: pam-wechat-helper -t && systemctl reload pam-wechat-helper\n",
		directory, realpath(directory, path) == NULL ? directory : path);
	return COMMAND_DONE;
}

const struct command command_pages = {
	.name = "pages",
	.words = "DIR",
	.words_min = 1,
	.words_max = 1,
	.word = COMMAND_DIRECTORY,
	.summary = "copy the phone's pages, to change them",
	.description =
		"Writes the pages and the style sheet that are built into the helper into\n"
		"DIR, which is made if it is missing. A file that is there is never replaced.",
	.run = run,
};
