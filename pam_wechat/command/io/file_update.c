#include "file_update.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
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
#define COPIES_MAX 999
#define ATTRIBUTES_MAX 65536 /* names, and each value, as the kernel has it */

struct update {
	char *path;
	const char *name; /* last part of the path */
	int directory;
	int lock; /* -1: not ours */
	char lock_name[NAME_MAX_BYTES];
	sigset_t signals; /* that were held back before */
	struct secret *contents;
	struct stat status; /* of the file that was there */
	struct stat last;   /* of the one that is there by what is known here: what we wrote, too */
	bool is_there;
};

static void hold_signals(struct update *update)
{
	static const int held[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(held) / sizeof(held[0]); i++)
		sigaddset(&set, held[i]);
	(void)sigprocmask(SIG_BLOCK, &set, &update->signals);
}

static void release_signals(const struct update *update)
{
	(void)sigprocmask(SIG_SETMASK, &update->signals, NULL);
}

/*
 * The lock is on a file that nobody else may open: a directory, or a file that others may read,
 * could be locked by any of them for good. Returns 0; -EWOULDBLOCK while another has it; or -errno.
 */
static int try_lock(struct update *update)
{
	struct stat ours, named;
	int rv;
	int fd = openat(update->directory, update->lock_name,
		O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	rv = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
	/* Whoever had it before may have removed it since we opened it: then it locks nothing. */
	if (rv == 0 && (fstat(fd, &ours) < 0 ||
			       fstatat(update->directory, update->lock_name, &named,
				       AT_SYMLINK_NOFOLLOW) < 0 ||
			       ours.st_ino != named.st_ino))
		rv = -EWOULDBLOCK;
	if (rv < 0)
		close(fd);
	else
		update->lock = fd;
	return rv;
}

static int lock(struct update *update, struct problem *problem)
{
	struct deadline deadline = deadline_in(LOCK_MS);
	struct timespec pause = {.tv_nsec = RETRY_MS * 1000000L};
	int rv;

	for (;;) {
		hold_signals(update);
		rv = try_lock(update);
		if (rv == 0)
			return 0;
		release_signals(update);
		if (rv != -EWOULDBLOCK)
			return problem_set(problem, rv, "%s: it cannot be changed: %s",
				update->path, strerror(-rv));
		if (deadline_left(deadline) == 0)
			return problem_set(problem, rv,
				"%s: somebody else has been changing it for %d seconds: try again",
				update->path, LOCK_MS / 1000);
		(void)nanosleep(&pause, NULL);
	}
}

static int open_directory(struct update *update, struct problem *problem)
{
	struct stat status;
	int trusted = safe_file_open_directory_of(update->path, &update->name, problem);

	if (trusted < 0)
		return trusted;
	update->directory = openat(trusted, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (update->directory < 0 || fstat(update->directory, &status) < 0) {
		int rv = -errno;

		close(trusted);
		return problem_set(
			problem, rv, "%s: its directory: %s", update->path, strerror(-rv));
	}
	close(trusted);
	if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return problem_set(problem, -EPERM,
			"%s: others may write to its directory: chmod go-w", update->path);
	if (text_format(update->lock_name, sizeof(update->lock_name), ".%s.lock", update->name) < 0)
		return problem_set(
			problem, -ENAMETOOLONG, "%s: the name is too long", update->path);
	return 0;
}

static int read_contents(struct update *update, struct problem *problem)
{
	int rv;

	/* Before it is read: what somebody makes of it meanwhile is a change, too. */
	if (fstatat(update->directory, update->name, &update->status, AT_SYMLINK_NOFOLLOW) < 0 &&
		errno != ENOENT)
		return problem_set(problem, -errno, "%s: %s", update->path, strerror(errno));
	rv = safe_file_read(
		update->path, SAFE_FILE_PUBLIC, CONTENTS_MAX, &update->contents, problem);
	update->last = update->status;
	update->is_there = rv == 0;
	if (rv != -ENOENT)
		return rv;
	problem->text[0] = '\0';
	return 0;
}

int file_update_open(const char *path, struct update **opened, struct problem *problem)
{
	struct update *update = calloc(1, sizeof(*update));
	int rv;

	*opened = NULL;
	if (update == NULL)
		return problem_set(problem, -ENOMEM, "out of memory");
	update->directory = -1;
	update->lock = -1;
	update->path = strdup(path);
	if (update->path == NULL)
		rv = problem_set(problem, -ENOMEM, "out of memory");
	else
		rv = open_directory(update, problem);
	if (rv == 0)
		rv = lock(update, problem);
	if (rv == 0)
		rv = read_contents(update, problem);
	if (rv < 0)
		file_update_close(&update);
	*opened = update;
	return rv;
}

const struct secret *file_update_contents(const struct update *update)
{
	return update->contents;
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

/* Copies one extended attribute. They are small: a file system's block holds all of a file. */
static int copy_attribute(int from, int to, const char *name)
{
	char value[ATTRIBUTES_MAX];
	ssize_t length = fgetxattr(from, name, value, sizeof(value));

	if (length < 0)
		return errno == ENODATA ? 0 : -errno;
	return fsetxattr(to, name, value, (size_t)length, 0) < 0 ? -errno : 0;
}

/* Gives the new file the access control list and the other attributes of the old one. */
static int copy_attributes(const struct update *update, int to)
{
	/* The kernel's own, made from the contents. */
	static const char *const left_out[] = {"security.ima", "security.evm"};
	char names[ATTRIBUTES_MAX];
	ssize_t length;
	int rv = 0;
	int from = openat(
		update->directory, update->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (from < 0)
		return -errno;
	length = flistxattr(from, names, sizeof(names));
	if (length < 0)
		rv = errno == ENOTSUP ? 0 : -errno;
	for (const char *name = names; length > 0 && name < names + length && rv == 0;
		name += strlen(name) + 1) {
		if (strcmp(name, left_out[0]) != 0 && strcmp(name, left_out[1]) != 0)
			rv = copy_attribute(from, to, name);
	}
	close(from);
	return rv;
}

/* Whether the file is still the one that was read or written, or is still not there. */
static bool is_unchanged(const struct update *update)
{
	const struct stat *last = &update->last;
	struct stat now;

	if (fstatat(update->directory, update->name, &now, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT && !update->is_there;
	return update->is_there && now.st_dev == last->st_dev && now.st_ino == last->st_ino &&
	       now.st_size == last->st_size && now.st_mtim.tv_sec == last->st_mtim.tv_sec &&
	       now.st_mtim.tv_nsec == last->st_mtim.tv_nsec;
}

/*
 * Writes a file, whole and on the disk; a copy of the file itself is its owner's alone. Returns 0;
 * or -errno, and there is none.
 */
static int write_aside(const struct update *update, const char *aside, const char *bytes,
	size_t length, mode_t mode, bool is_copy)
{
	int fd, rv;

	/* Under our lock: what has this name was left behind by a death. */
	if (unlinkat(update->directory, aside, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(update->directory, aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		0600);
	if (fd < 0)
		return -errno;
	rv = safe_file_write(fd, bytes, length);
	if (rv == 0)
		rv = set_owner(update, fd, mode);
	if (rv == 0 && update->is_there && !is_copy)
		rv = copy_attributes(update, fd);
	if (rv == 0 && fsync(fd) < 0)
		rv = -errno;
	/* Some file systems tell of a full disk only here. */
	if (close(fd) < 0 && rv == 0)
		rv = -errno;
	if (rv < 0)
		(void)unlinkat(update->directory, aside, 0);
	return rv;
}

/* Gives `name` new contents by way of ".NAME.new". Returns 0, or -errno with the problem set. */
static int put(struct update *update, const char *name, const char *bytes, size_t length,
	mode_t mode, struct problem *problem)
{
	char aside[NAME_MAX_BYTES];
	int shown = (int)(update->name - update->path); /* the directory, with its '/' */
	bool is_copy = name != update->name;
	int rv = text_format(aside, sizeof(aside), ".%s.new", name);

	if (rv < 0)
		rv = -ENAMETOOLONG;
	if (rv == 0)
		rv = write_aside(update, aside, bytes, length, mode, is_copy);
	/* Editors and configuration management know nothing of our lock. */
	if (rv == 0 && !is_copy && !is_unchanged(update)) {
		(void)unlinkat(update->directory, aside, 0);
		return problem_set(problem, -ESTALE,
			"%s: somebody else has changed it meanwhile: nothing was changed: try again",
			update->path);
	}
	if (rv == 0 && renameat(update->directory, aside, update->directory, name) < 0) {
		rv = -errno;
		(void)unlinkat(update->directory, aside, 0);
	}
	if (rv < 0)
		return problem_set(problem, rv, "%.*s%s: nothing was changed: %s", shown,
			update->path, name, strerror(-rv));
	if (!is_copy)
		update->is_there =
			fstatat(update->directory, name, &update->last, AT_SYMLINK_NOFOLLOW) == 0;
	if (fsync(update->directory) < 0) {
		rv = -errno;
		return problem_set(problem, rv,
			"%.*s%s: changed, but a power failure may bring the old one back: %s",
			shown, update->path, name, strerror(-rv));
	}
	return 0;
}

int file_update_write(struct update *update, const char *bytes, size_t length, mode_t mode,
	struct problem *problem)
{
	return put(update, update->name, bytes, length, mode, problem);
}

/* Finds a name for a copy. Returns 0; -ENAMETOOLONG; -EEXIST if all are taken; or -errno. */
static int name_copy(const struct update *update, const char *suffix, char name[NAME_MAX_BYTES])
{
	for (int number = 1; number <= COPIES_MAX; number++) {
		char behind[8] = "";
		struct stat status;

		if (number > 1)
			(void)text_format(behind, sizeof(behind), ".%d", number);
		if (text_format(name, NAME_MAX_BYTES, "%s%s%s", update->name, suffix, behind) < 0)
			return -ENAMETOOLONG;
		if (fstatat(update->directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
			return errno == ENOENT ? 0 : -errno;
	}
	return -EEXIST;
}

int file_update_back_up(struct update *update, const char *suffix, char copy[FILE_UPDATE_COPY_MAX],
	struct problem *problem)
{
	char name[NAME_MAX_BYTES];
	int rv;

	copy[0] = '\0';
	if (update->contents == NULL)
		return 0;
	/* Whoever makes copies of this file has its lock, so that the name stays free. */
	rv = name_copy(update, suffix, name);
	if (rv == 0 && text_format(copy, FILE_UPDATE_COPY_MAX, "%.*s%s",
			       (int)(update->name - update->path), update->path, name) < 0)
		rv = -ENAMETOOLONG;
	if (rv < 0)
		problem_set(problem, rv, "%s: no copy can be made: %s%s: %s", update->path,
			update->name, suffix, strerror(-rv));
	else
		rv = put(update, name, update->contents->bytes, update->contents->size - 1, 0600,
			problem);
	if (rv < 0) {
		/* One that may not last is none. */
		if (copy[0] != '\0')
			(void)unlinkat(update->directory, name, 0);
		copy[0] = '\0';
	}
	return rv;
}

void file_update_drop_copy(struct update *update, const char *copy)
{
	struct stat now;

	if (copy[0] != '\0' &&
		fstatat(update->directory, update->name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
		now.st_ino == update->status.st_ino)
		(void)unlink(copy);
}

int file_update_remove(struct update *update, struct problem *problem)
{
	if ((unlinkat(update->directory, update->name, 0) < 0 && errno != ENOENT) ||
		fsync(update->directory) < 0)
		return problem_set(problem, -errno, "%s: %s", update->path, strerror(errno));
	return 0;
}

void file_update_close(struct update **update)
{
	if (*update == NULL)
		return;
	if ((*update)->lock >= 0) {
		/* Removed while it is still ours: see try_lock(). */
		(void)unlinkat((*update)->directory, (*update)->lock_name, 0);
		close((*update)->lock);
	}
	if ((*update)->directory >= 0)
		close((*update)->directory);
	secret_free(&(*update)->contents);
	free((*update)->path);
	if ((*update)->lock >= 0)
		release_signals(*update);
	free(*update);
	*update = NULL;
}
