/*
 * pam_file - the block of pam-wechat's in the file of a PAM service: put in, and taken out, without
 * a change to any other byte.
 *
 * The block takes the place of the line that includes common-auth, which it keeps as a comment; for
 * a second factor it stands behind that line. What stands before and behind goes on to work as it
 * did: rootok in su, group in login, and so on.
 */
#ifndef PAM_WECHAT_PAM_PAM_FILE_H
#define PAM_WECHAT_PAM_PAM_FILE_H

#include <stddef.h>

#include "rehearsal.h"

struct problem;
struct text;

#define PAM_FILE_MAX 65536
#define PAM_FILE_BLOCK_MAX 8192 /* what the block adds at most */

enum pam_file_form {
	PAM_FILE_ALONE,         /* conf/pam.d/sshd-only and its like */
	PAM_FILE_SECOND_FACTOR, /* conf/pam.d/sshd-second-factor */
};

/* The PAM line of a form, without options and end. */
const char *pam_file_line(enum pam_file_form form);

/*
 * Appends to `edited` the text of the file `path` with the block in it; `options` stand at the end
 * of the PAM line, and `trial` is a line of rehearsal.h or "". Returns the number of the line that
 * the block belongs to; or -errno with the problem set, beginning with the path and mostly a line:
 * -EEXIST if there is a block already, -ENOENT if common-auth is not included, -EINVAL if the file
 * is not fit for it.
 */
int pam_file_enable(const char *path, const char *bytes, size_t length, enum pam_file_form form,
	const char *options, const char *trial, struct text *edited, struct problem *problem);

/*
 * Appends to `edited` the text without the block, and to `taken` the PAM line that was in it, whose
 * options somebody may have chosen, with its end. Returns 0; or -errno with the problem set:
 * -ENOENT if there is none, -EINVAL if it holds anything that is not ours.
 */
int pam_file_disable(const char *path, const char *bytes, size_t length, struct text *edited,
	struct text *taken, struct problem *problem);

/*
 * Copies the line of rehearsal.h that stands in the block; "" if the block is not on trial. Returns
 * the line's number, 0 if there is none, or -EINVAL as above.
 */
int pam_file_trial(const char *path, const char *bytes, size_t length,
	char trial[REHEARSAL_LINE_MAX], struct problem *problem);

/*
 * Appends to `edited` the text with the block and without the line of rehearsal.h. Returns 0, or
 * -errno with the problem set: -ENOENT if there is none, -EINVAL as above.
 */
int pam_file_keep(const char *path, const char *bytes, size_t length, struct text *edited,
	struct problem *problem);

#endif
