#include "helper_program.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "problem.h"
#include "safe_file.h"
#include "subprocess.h"
#include "text.h"

#define NAME "pam-wechat-helper"
#define ARGUMENTS_MAX 6

int helper_program_find(char *path, size_t size, struct problem *problem)
{
	ssize_t length = readlink("/proc/self/exe", path, size - 1);
	char *name;

	if (length < 0)
		return problem_set(problem, -errno, "/proc/self/exe: %s", strerror(errno));
	path[length] = '\0';
	name = strrchr(path, '/');
	if (name == NULL || text_format(name + 1, size - (size_t)(name + 1 - path), "%s", NAME) < 0)
		return problem_set(problem, -ENAMETOOLONG, "%s: too long", path);
	if (access(path, F_OK) < 0)
		return problem_set(problem, -errno,
			errno == ENOENT ? "%s is not installed: install pam_wechat again"
					: "%s: %m",
			path);
	return 0;
}

int helper_program_run(
	const char *const *arguments, char *output, size_t size, struct problem *problem)
{
	return helper_program_run_as(arguments, NULL, output, size, problem);
}

int helper_program_run_as(const char *const *arguments, const struct unprivileged *as, char *output,
	size_t size, struct problem *problem)
{
	char path[PATH_MAX];
	const char *argv[ARGUMENTS_MAX + 2] = {path};
	int rv = helper_program_find(path, sizeof(path), problem);

	if (rv < 0)
		return rv;
	for (size_t i = 0; i < ARGUMENTS_MAX && arguments[i] != NULL; i++)
		argv[i + 1] = arguments[i];
	rv = safe_file_open_program(path, problem);
	if (rv < 0)
		return rv;
	close(rv);
	rv = subprocess_run_as(argv, as, output, size);
	if (rv < 0)
		return problem_set(problem, rv, "%s: %s", path, strerror(-rv));
	if (rv == 0)
		return 0;
	output[strcspn(output, "\n")] = '\0';
	return problem_set(problem, -EINVAL, "%s%s", output,
		output[0] == '\0' ? "the helper fails and does not say why" : "");
}

int helper_program_conf(const char *conf, char *path, size_t size)
{
	const char *slash = strrchr(conf, '/');

	return text_format(path, size, "%.*shelper.conf",
		       slash == NULL ? 0 : (int)(slash - conf) + 1, conf) < 0
	               ? -ENAMETOOLONG
	               : 0;
}

int helper_program_value(const char *lines, const char *key, char *value, size_t size)
{
	size_t length = strlen(key);

	while (*lines != '\0') {
		size_t whole = strcspn(lines, "\n");

		if (strncmp(lines, key, length) == 0 && strncmp(lines + length, " = ", 3) == 0)
			return text_format(
				value, size, "%.*s", (int)(whole - length - 3), lines + length + 3);
		lines += whole + (lines[whole] == '\n');
	}
	return -ENOENT;
}
