#include "update.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "deadline.h"
#include "problem.h"
#include "safe_file.h"
#include "secret.h"
#include "text.h"

#define LOCK_MS 10000
#define RETRY_MS 50
#define CONTENTS_MAX (1024 * 1024)
#define NAME_MAX_BYTES 256

struct update {
	char *path;
	const char *name; /* last part of the path */
	int directory;    /* locked */
	struct secret *contents;
	struct stat status; /* of the file that was there */
};

static int lock(const char *path, int directory, struct problem *problem)
{
	struct deadline deadline = deadline_in(LOCK_MS);
	struct timespec pause = {.tv_nsec = RETRY_MS * 1000000L};

	while (flock(directory, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return problem_set(problem, -errno, "%s: %s", path, strerror(errno));
		if (deadline_left(deadline) == 0)
			return problem_set(problem, -EWOULDBLOCK,
				"%s: somebody else has been changing this directory for %d seconds",
				path, LOCK_MS / 1000);
		(void)nanosleep(&pause, NULL);
	}
	return 0;
}

static int read_contents(struct update *update, struct problem *problem)
{
	int rv = safe_file_read(
		update->path, SAFE_FILE_PUBLIC, CONTENTS_MAX, &update->contents, problem);

	if (rv == -ENOENT) {
		problem->text[0] = '\0';
		return 0;
	}
	if (rv < 0)
		return rv;
	if (fstatat(update->directory, update->name, &update->status, AT_SYMLINK_NOFOLLOW) < 0)
		return problem_set(problem, -errno, "%s: %s", update->path, strerror(errno));
	return 0;
}

int update_open(const char *path, struct update **opened, struct problem *problem)
{
	struct update *update = calloc(1, sizeof(*update));
	int trusted = -1;
	int rv = -ENOMEM;

	*opened = NULL;
	if (update == NULL)
		return problem_set(problem, rv, "out of memory");
	update->directory = -1;
	update->path = strdup(path);
	if (update->path == NULL) {
		problem_set(problem, rv, "out of memory");
		goto out;
	}
	rv = trusted = safe_file_open_directory_of(update->path, &update->name, problem);
	if (rv < 0)
		goto out;
	rv = update->directory = openat(trusted, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (rv < 0) {
		rv = problem_set(problem, -errno, "%s: %s", path, strerror(errno));
		goto out;
	}
	rv = lock(path, update->directory, problem);
	if (rv == 0)
		rv = read_contents(update, problem);
out:
	if (trusted >= 0)
		close(trusted);
	if (rv < 0)
		update_close(&update);
	*opened = update;
	return rv;
}

const struct secret *update_contents(const struct update *update)
{
	return update->contents;
}

static int write_all(int fd, const char *bytes, size_t length)
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

static int set_owner(const struct update *update, int fd, mode_t mode)
{
	/* Before the mode: a change of owner may take bits away. */
	if (update->contents != NULL &&
		fchown(fd, update->status.st_uid, update->status.st_gid) < 0)
		return -errno;
	if (update->contents != NULL)
		mode = update->status.st_mode & 07777;
	return fchmod(fd, mode) < 0 ? -errno : 0;
}

/* Writes a file aside, whole and on the disk, and renames it. Returns 0 or -errno. */
static int put(const struct update *update, const char *name, const char *bytes, size_t length,
	mode_t mode)
{
	char aside[NAME_MAX_BYTES];
	int fd = -1;
	int rv = text_format(aside, sizeof(aside), ".%s.new", name);

	if (rv < 0)
		return -ENAMETOOLONG;
	/* Under our lock: what has this name was left behind by a power failure. */
	if (unlinkat(update->directory, aside, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(update->directory, aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		0600);
	if (fd < 0)
		return -errno;
	rv = write_all(fd, bytes, length);
	if (rv == 0)
		rv = set_owner(update, fd, mode);
	if (rv == 0 && fsync(fd) < 0)
		rv = -errno;
	/* Some file systems tell of a full disk only here. */
	if (close(fd) < 0 && rv == 0)
		rv = -errno;
	if (rv == 0 && renameat(update->directory, aside, update->directory, name) < 0)
		rv = -errno;
	if (rv < 0)
		(void)unlinkat(update->directory, aside, 0);
	else if (fsync(update->directory) < 0)
		rv = -errno;
	return rv;
}

int update_write(struct update *update, const char *bytes, size_t length, mode_t mode,
	struct problem *problem)
{
	int rv = put(update, update->name, bytes, length, mode);

	return rv < 0 ? problem_set(problem, rv, "%s: %s", update->path, strerror(-rv)) : 0;
}

int update_back_up(struct update *update, const char *suffix, struct problem *problem)
{
	char name[NAME_MAX_BYTES];
	int rv;

	if (update->contents == NULL)
		return 0;
	rv = text_format(name, sizeof(name), "%s%s", update->name, suffix);
	if (rv == 0)
		rv = put(update, name, update->contents->bytes, update->contents->size - 1, 0600);
	return rv < 0 ? problem_set(problem, rv, "%s%s: %s", update->path, suffix, strerror(-rv))
	              : 0;
}

int update_remove(struct update *update, struct problem *problem)
{
	if ((unlinkat(update->directory, update->name, 0) < 0 && errno != ENOENT) ||
		fsync(update->directory) < 0)
		return problem_set(problem, -errno, "%s: %s", update->path, strerror(errno));
	return 0;
}

void update_close(struct update **update)
{
	if (*update == NULL)
		return;
	if ((*update)->directory >= 0)
		close((*update)->directory);
	secret_free(&(*update)->contents);
	free((*update)->path);
	free(*update);
	*update = NULL;
}
