/*
 * folder - a folder of a test's own, below /tmp, gone with everything in it at the end.
 */
#ifndef PAM_WECHAT_FOLDER_H
#define PAM_WECHAT_FOLDER_H

#include <stddef.h>
#include <sys/types.h>

#define FOLDER_PATHS_MAX 64

struct folder {
	char path[64];
	char *paths[FOLDER_PATHS_MAX]; /* that folder_path() gave out */
	size_t count;
};

/* Fail the test if anything goes wrong. */
void folder_create(struct folder *folder);
void folder_remove(struct folder *folder);

/* The absolute path of a name in the folder. It lives as long as the folder. */
const char *folder_path(struct folder *folder, const char *name);

/* Writes a file of this mode, whatever the umask. Returns its path. */
const char *folder_write(
	struct folder *folder, const char *name, mode_t mode, const char *bytes, size_t length);

/* Makes a directory of this mode, whatever the umask. Returns its path. */
const char *folder_make(struct folder *folder, const char *name, mode_t mode);

#endif
