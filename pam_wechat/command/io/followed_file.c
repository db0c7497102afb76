#include "followed_file.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "problem.h"
#include "safe_file.h"
#include "text.h"

#define LINKS_MAX 16

/* Writes the path of `name`, seen from a file of this path's directory. Returns 0 or -errno. */
static int join(char joined[PATH_MAX], const char *path, const char *name)
{
	int length = (int)(strrchr(path, '/') - path);

	return name[0] == '/' ? text_format(joined, PATH_MAX, "%s", name)
	                      : text_format(joined, PATH_MAX, "%.*s/%s", length, path, name);
}

/* Makes a path without links but for its last part. Returns 0 or -errno with the problem set. */
static int resolve_directory(const char *path, char resolved[PATH_MAX], struct problem *problem)
{
	char directory[PATH_MAX], whole[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int rv = slash == NULL ? -EINVAL : 0;

	if (rv == 0)
		rv = text_format(directory, sizeof(directory), "%.*s/", (int)(slash - path), path);
	if (rv == 0 && realpath(directory, whole) == NULL)
		rv = -errno;
	if (rv == 0)
		rv = text_format(resolved, PATH_MAX, "%s/%s", strcmp(whole, "/") == 0 ? "" : whole,
			slash + 1);
	return rv < 0 ? problem_set(problem, rv, "%s: %s", path, strerror(-rv)) : 0;
}

int followed_file_judge(const char *path, struct problem *problem)
{
	char at[PATH_MAX], next[PATH_MAX], target[PATH_MAX];
	int rv = resolve_directory(path, at, problem);

	for (int links = 0; rv == 0; links++) {
		ssize_t length = readlink(at, target, sizeof(target) - 1);
		const char *name;

		rv = length < 0 ? safe_file_open(at, SAFE_FILE_PUBLIC, problem)
		                : safe_file_open_directory_of(at, &name, problem);
		if (rv >= 0)
			close(rv);
		if (length < 0)
			return rv >= 0 || rv == -EACCES ? 0 : rv;
		target[length] = '\0';
		if (links == LINKS_MAX)
			return problem_set(problem, -ELOOP, "%s: %s", path, strerror(ELOOP));
		if (rv >= 0)
			rv = join(next, at, target);
		if (rv == 0)
			rv = resolve_directory(next, at, problem);
	}
	return rv;
}
