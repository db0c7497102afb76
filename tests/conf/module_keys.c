/*
 * module-keys [WORD...] - prints the module's keys, and the settings that a PAM line of these words
 * makes: `conf=PATH` and options.
 */
#include <stdio.h>
#include <stdlib.h>

#include "keys.h"
#include "paths.h"
#include "problem.h"
#include "settings.h"

int main(int argc, char **argv)
{
	struct problem problem = {""};
	struct settings settings;
	int rv = settings_read(&settings, argc - 1, (const char *const *)argv + 1, &problem);

	if (rv == 0)
		keys_print(PATH_CONF, &settings_table, &settings);
	else
		fprintf(stderr, "%s\n", problem.text);
	settings_finish(&settings);
	return rv == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
