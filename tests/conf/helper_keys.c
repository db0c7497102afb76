/*
 * helper-keys FILE - prints the helper's keys, and the settings that FILE makes.
 */
#include <stdio.h>
#include <stdlib.h>

#include "keys.h"
#include "problem.h"
#include "settings.h"

int main(int argc, char **argv)
{
	struct problem problem = {""};
	struct settings *settings = NULL;
	int rv = argc == 2 ? settings_load(argv[1], &settings, &problem)
	                   : problem_set(&problem, -1, "usage: helper-keys FILE");

	if (rv == 0)
		keys_print(SETTINGS_PATH, &settings_table, settings);
	else
		fprintf(stderr, "%s\n", problem.text);
	settings_free(&settings);
	return rv == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
