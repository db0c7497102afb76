#include "doctor_permits.h"

#include <unistd.h>

#include "command.h"
#include "paths.h"
#include "problem.h"
#include "safe_file.h"
#include "settings.h"
#include "text.h"
#include "users.h"

static int check_module(struct problem *problem)
{
	int fd = safe_file_open(PATH_MODULE, SAFE_FILE_PUBLIC, problem);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int check_users(const char *path, struct problem *problem)
{
	struct users *users = NULL;
	int rv = users_read(path, &users, problem);

	if (rv == 0 && users_is_empty(users))
		rv = problem_set(
			problem, -1, "%s: the users table is empty: nobody could sign in", path);
	users_free(&users);
	return rv;
}

bool doctor_permits(const struct command_call *call, struct problem *problem)
{
	char word[4200];
	const char *line[] = {word};
	struct settings settings;
	int rv;

	if (text_format(word, sizeof(word), "conf=%s", call->conf) < 0) {
		problem_set(problem, -1, "the path of the configuration is too long");
		return false;
	}
	rv = settings_read(&settings, 1, line, problem);
	if (rv == 0)
		rv = check_module(problem);
	if (rv == 0)
		rv = check_users(settings.users_file, problem);
	settings_finish(&settings);
	return rv == 0;
}
