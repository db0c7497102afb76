#include "safe_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "problem.h"
#include "secret.h"

#define OTHERS_WRITE (S_IWGRP | S_IWOTH)
#define OTHERS_READ (S_IRGRP | S_IROTH)

static bool is_owner_trusted(const struct stat *status)
{
	return status->st_uid == 0 || status->st_uid == geteuid();
}

static int judge_directory(int fd, const char *path, size_t length, struct problem *problem)
{
	struct stat status;
	int shown = length == 0 ? 1 : (int)length;

	if (fstat(fd, &status) < 0)
		return problem_set(problem, -errno, "%.*s: %s", shown, path, strerror(errno));
	if (!is_owner_trusted(&status))
		return problem_set(problem, -EPERM,
			"%.*s: this directory belongs to uid %u; it must belong to root", shown,
			path, status.st_uid);
	if ((status.st_mode & OTHERS_WRITE) != 0 &&
		!((status.st_mode & S_ISVTX) != 0 && status.st_uid == 0))
		return problem_set(problem, -EPERM,
			"%.*s: others may write to this directory: chmod go-w", shown, path);
	return 0;
}

static int judge_file(int fd, const char *path, mode_t forbidden, struct problem *problem)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return problem_set(problem, -errno, "%s: %s", path, strerror(errno));
	if (S_ISLNK(status.st_mode))
		return problem_set(problem, -EPERM, "%s: a symbolic link is not followed", path);
	if (!S_ISREG(status.st_mode))
		return problem_set(problem, -EPERM, "%s: not a regular file", path);
	if (!is_owner_trusted(&status))
		return problem_set(problem, -EPERM, "%s: belongs to uid %u; it must belong to root",
			path, status.st_uid);
	if ((status.st_mode & forbidden & OTHERS_WRITE) != 0)
		return problem_set(problem, -EPERM, "%s: others may write to it: chmod go-w", path);
	if ((status.st_mode & forbidden & OTHERS_READ) != 0)
		return problem_set(problem, -EPERM, "%s: others may read it: chmod 600", path);
	return 0;
}

/* Steps from *directory into the part of `path` that begins at `from` and is `length` long. */
static int enter(
	int *directory, const char *path, size_t from, size_t length, struct problem *problem)
{
	char part[256];
	int next, saved;

	if (length >= sizeof(part))
		return problem_set(problem, -ENAMETOOLONG, "%s: a name in it is too long", path);
	memcpy(part, path + from, length);
	part[length] = '\0';
	if (strcmp(part, ".") == 0 || strcmp(part, "..") == 0 || length == 0)
		return problem_set(problem, -EINVAL,
			"%s: write the path without \".\", \"..\" and \"//\"", path);
	next = openat(*directory, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (next < 0) {
		saved = errno;
		if (saved == ENOTDIR)
			return problem_set(problem, -EPERM,
				"%.*s: not a directory (symbolic links are not followed)",
				(int)(from + length), path);
		return problem_set(
			problem, -saved, "%.*s: %s", (int)(from + length), path, strerror(saved));
	}
	close(*directory);
	*directory = next;
	return judge_directory(next, path, from + length, problem);
}

int safe_file_open_directory_of(const char *path, const char **name, struct problem *problem)
{
	const char *last = strrchr(path, '/');
	int directory = -1;
	int rv;

	if (path[0] != '/' || last[1] == '\0' || strcmp(last, "/.") == 0 ||
		strcmp(last, "/..") == 0)
		return problem_set(
			problem, -EINVAL, "%s: an absolute path of a file is needed", path);
	directory = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return problem_set(problem, -errno, "/: %s", strerror(errno));
	rv = judge_directory(directory, path, 0, problem);
	for (const char *part = path + 1; rv == 0 && part <= last;) {
		size_t length = strcspn(part, "/");

		rv = enter(&directory, path, (size_t)(part - path), length, problem);
		part += length + 1;
	}
	if (rv < 0) {
		close(directory);
		return rv;
	}
	*name = last + 1;
	return directory;
}

static int open_judged(const char *path, int flags, mode_t forbidden, struct problem *problem)
{
	const char *name = NULL;
	int directory = -1;
	int fd = -1;
	int rv;

	directory = safe_file_open_directory_of(path, &name, problem);
	if (directory < 0)
		return directory;
	fd = openat(directory, name, flags | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		rv = errno == ELOOP ? problem_set(problem, -EPERM,
					      "%s: a symbolic link is not followed", path)
		                    : problem_set(problem, -errno, "%s: %s", path, strerror(errno));
		goto out;
	}
	rv = judge_file(fd, path, forbidden, problem);
out:
	close(directory);
	if (rv < 0) {
		if (fd >= 0)
			close(fd);
		return rv;
	}
	return fd;
}

int safe_file_open(const char *path, enum safe_file_kind kind, struct problem *problem)
{
	mode_t forbidden = kind == SAFE_FILE_SECRET ? OTHERS_WRITE | OTHERS_READ : OTHERS_WRITE;

	/* O_NONBLOCK: opening a fifo that somebody put there must not hang a login. */
	return open_judged(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, forbidden, problem);
}

int safe_file_open_program(const char *path, struct problem *problem)
{
	int fd = open_judged(path, O_PATH, OTHERS_WRITE, problem);
	struct stat status;

	if (fd < 0)
		return fd;
	if (fstat(fd, &status) < 0 || (status.st_mode & 0111) == 0) {
		close(fd);
		return problem_set(problem, -EACCES, "%s: not executable", path);
	}
	return fd;
}

int safe_file_read(const char *path, enum safe_file_kind kind, size_t limit,
	struct secret **contents, struct problem *problem)
{
	struct secret *buffer = NULL;
	struct stat status;
	size_t length = 0;
	int fd, rv;

	*contents = NULL;
	fd = safe_file_open(path, kind, problem);
	if (fd < 0)
		return fd;
	if (fstat(fd, &status) < 0) {
		rv = problem_set(problem, -errno, "%s: %s", path, strerror(errno));
		goto out;
	}
	if (status.st_size < 0 || (size_t)status.st_size > limit) {
		rv = problem_set(problem, -EFBIG, "%s: larger than %zu bytes", path, limit);
		goto out;
	}
	buffer = secret_create((size_t)status.st_size + 1);
	if (buffer == NULL) {
		rv = problem_set(problem, -ENOMEM, "%s: out of memory", path);
		goto out;
	}
	while (length < buffer->size) {
		ssize_t got = read(fd, buffer->bytes + length, buffer->size - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			rv = problem_set(problem, -errno, "%s: %s", path, strerror(errno));
			goto out;
		}
		if (got == 0)
			break;
		length += (size_t)got;
	}
	if (length != buffer->size - 1) {
		rv = problem_set(problem, -EAGAIN, "%s: changed while it was read", path);
		goto out;
	}
	*contents = buffer;
	buffer = NULL;
	rv = 0;
out:
	secret_free(&buffer);
	close(fd);
	return rv;
}

int safe_file_write(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = write(fd, bytes, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		bytes += written;
		length -= (size_t)written;
	}
	return 0;
}
