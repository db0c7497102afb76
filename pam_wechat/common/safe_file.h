/*
 * safe_file - opens what only root, or whoever we run as, could have put there.
 *
 * A path is trusted when it is opened, not before: it is walked from the root directory, one
 * descriptor at a time, never through a symbolic link, and each thing is judged after it was
 * opened (fstat of the descriptor), so that nothing can be exchanged in between.
 *
 * A directory is trusted if root or the effective user owns it and neither group nor others may
 * write to it; a directory of root's with the sticky bit (/tmp) may be written to by anyone.
 * A file is trusted if it is a regular file, root or the effective user owns it, and neither group
 * nor others may write to it; a secret one may not be read by them either.
 */
#ifndef PAM_WECHAT_COMMON_SAFE_FILE_H
#define PAM_WECHAT_COMMON_SAFE_FILE_H

#include <stddef.h>

struct problem;
struct secret;

enum safe_file_kind {
	SAFE_FILE_PUBLIC, /* others may read it */
	SAFE_FILE_SECRET, /* group and others may not read it */
};

/*
 * Opens a file for reading, close-on-exec. `path` is absolute and without "." and ".." parts.
 * Returns a descriptor that the caller closes, or -errno with the problem set: -ENOENT or -EACCES
 * as open(2) has them, -EPERM if it is there and not trusted.
 */
int safe_file_open(const char *path, enum safe_file_kind kind, struct problem *problem);

/* As safe_file_open(), for a program that fexecve(3) shall run: O_PATH, and executable. */
int safe_file_open_program(const char *path, struct problem *problem);

/*
 * Opens the directory that holds `path` (O_PATH, close-on-exec) after judging the whole chain, and
 * points *name at the last part of `path`. Returns a descriptor that the caller closes, or -errno
 * with the problem set.
 */
int safe_file_open_directory_of(const char *path, const char **name, struct problem *problem);

/*
 * Reads a whole file of at most `limit` bytes. *contents becomes a secret whose bytes are the
 * file's, then a NUL (so its size is one more than the file's), to be freed by the caller. Returns
 * 0, or -errno with the problem set: -EFBIG if the file is larger.
 */
int safe_file_read(const char *path, enum safe_file_kind kind, size_t limit,
	struct secret **contents, struct problem *problem);

/* Writes all of it, however many calls that takes. Returns 0, or -errno: a part may be written. */
int safe_file_write(int fd, const char *bytes, size_t length);

#endif
