#include "conf.h"

#include <errno.h>
#include <limits.h>

#include "problem.h"
#include "settings.h"
#include "text.h"

int conf_read(const char *path, struct settings *settings, struct problem *problem)
{
	char word[PATH_MAX + sizeof("conf=")];
	const char *line[] = {word};

	*settings = (struct settings){0};
	if (text_format(word, sizeof(word), "conf=%s", path) < 0)
		return problem_set(problem, -ENAMETOOLONG, "--conf: the name is too long");
	return settings_read(settings, 1, line, problem);
}
