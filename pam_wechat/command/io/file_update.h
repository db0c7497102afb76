/*
 * file_update - replaces a file of the administrator's, all at once or not at all.
 *
 * One update of a file at a time: while it lasts, `.NAME.lock` lies beside it. The new contents are
 * written to `.NAME.new`, brought to the disk, and renamed into place; whenever the power fails,
 * the file is the old one or the new one. What a death left behind is taken away by the next
 * update.
 *
 * Between file_update_open() and file_update_close() the signals of a terminal and of kill(1) have
 * to wait, so that they leave nothing behind: ask your questions before, and start no program in
 * between.
 */
#ifndef PAM_WECHAT_IO_FILE_UPDATE_H
#define PAM_WECHAT_IO_FILE_UPDATE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define FILE_UPDATE_COPY_MAX 512 /* of a path */

struct problem;
struct secret;
struct update;

/*
 * Locks the file, waiting at most ten seconds for others. Its directory has to be trusted
 * (safe_file.h), and even with the sticky bit others may not write to it. Returns 0 and an update
 * that the caller closes, or -errno with the problem set.
 */
int file_update_open(const char *path, struct update **update, struct problem *problem);

/* The contents at the time of file_update_open(), a NUL behind them; NULL if there was no file. */
const struct secret *file_update_contents(const struct update *update);

/*
 * Gives the file new contents. One that was there keeps its owner, group, mode, access control list
 * and other attributes; a new one gets `mode` and is its maker's. Returns 0, or -errno with the
 * problem set and the old file in place, -ESTALE if somebody else has changed it since it was read;
 * or the new one, if that alone is uncertain whether a power failure would leave it: the problem
 * says.
 */
int file_update_write(struct update *update, const char *bytes, size_t length, mode_t mode,
	struct problem *problem);

/*
 * Copies the file as it is to the same name with `suffix` behind; where that is taken, with ".2"
 * behind it, ".3" and so on: what was copied before is never lost. `copy` becomes the copy's path,
 * or "" if there is no file, or none could be made. Returns 0, or -errno with the problem set.
 */
int file_update_back_up(struct update *update, const char *suffix, char copy[FILE_UPDATE_COPY_MAX],
	struct problem *problem);

/*
 * Removes a copy that file_update_back_up() has just made, after file_update_write() failed; unless
 * the file is a new one all the same. "" is accepted.
 */
void file_update_drop_copy(struct update *update, const char *copy);

/* Removes the file. Returns 0, also if there is none; or -errno with the problem set. */
int file_update_remove(struct update *update, struct problem *problem);

/* Gives up the lock and sets *update to NULL. NULL is accepted. */
void file_update_close(struct update **update);

#endif
