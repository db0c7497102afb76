#include "builtin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "problem.h"
#include "safe_file.h"

/* Returns 0, or -errno without a file of ours. */
static int write_one(int directory, const struct builtin *builtin)
{
	int fd = openat(directory, builtin->name,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rv;

	if (fd < 0)
		return -errno;
	rv = safe_file_write(fd, builtin->bytes, builtin->length);
	if (rv == 0 && fchmod(fd, 0644) < 0)
		rv = -errno;
	if (close(fd) < 0 && rv == 0)
		rv = -errno;
	if (rv < 0)
		(void)unlinkat(directory, builtin->name, 0);
	return rv;
}

static int write_files(int directory, const char *path, struct problem *problem)
{
	for (size_t i = 0; i < builtin_count; i++) {
		int rv = write_one(directory, &builtins[i]);

		if (rv == 0)
			continue;
		problem_set(problem, rv, "%s/%s: %s", path, builtins[i].name,
			rv == -EEXIST ? "is there already, and nothing is written over it"
				      : strerror(-rv));
		while (i > 0)
			(void)unlinkat(directory, builtins[--i].name, 0);
		return rv;
	}
	return 0;
}

int builtin_write_all(const char *directory, struct problem *problem)
{
	bool made = mkdir(directory, 0755) == 0;
	int fd = -1;
	int rv;

	if (!made && errno != EEXIST)
		return problem_set(problem, -errno, "%s: %s", directory, strerror(errno));
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		rv = problem_set(problem, -errno, "%s: %s", directory, strerror(errno));
		goto out;
	}
	/* The helper's user has to read what is in it, whatever our umask is. */
	if (made && fchmod(fd, 0755) < 0)
		rv = problem_set(problem, -errno, "%s: %s", directory, strerror(errno));
	else
		rv = write_files(fd, directory, problem);
	close(fd);
out:
	if (rv < 0 && made)
		(void)rmdir(directory);
	return rv;
}
