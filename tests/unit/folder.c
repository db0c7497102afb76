#include "folder.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

void folder_create(struct folder *folder)
{
	memset(folder, 0, sizeof(*folder));
	strcpy(folder->path, "/tmp/pam_wechat-unit-XXXXXX");
	assert_non_null(mkdtemp(folder->path));
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status;
	(void)kind;
	(void)where;
	return remove(path);
}

void folder_remove(struct folder *folder)
{
	assert_int_equal(nftw(folder->path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	while (folder->count > 0)
		free(folder->paths[--folder->count]);
}

const char *folder_path(struct folder *folder, const char *name)
{
	char *path = NULL;

	assert_true(folder->count < FOLDER_PATHS_MAX);
	assert_true(asprintf(&path, "%s/%s", folder->path, name) > 0);
	folder->paths[folder->count++] = path;
	return path;
}

const char *folder_write(
	struct folder *folder, const char *name, mode_t mode, const char *bytes, size_t length)
{
	const char *path = folder_path(folder, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), length);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
	return path;
}

const char *folder_make(struct folder *folder, const char *name, mode_t mode)
{
	const char *path = folder_path(folder, name);

	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}
