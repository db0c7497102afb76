/*
 * rehearsal - the line in a block of pam-wechat's that says until when the block is on trial, and
 * which process takes it out again then.
 */
#ifndef PAM_WECHAT_PAM_REHEARSAL_H
#define PAM_WECHAT_PAM_REHEARSAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define REHEARSAL_MARK "# on trial until " /* how the line begins */
#define REHEARSAL_LINE_MAX 256             /* bytes, the NUL included */
#define REHEARSAL_BOOT_SIZE 37             /* of the kernel's id of this run of the machine */

struct rehearsal_process {
	pid_t pid;      /* 0: none */
	uint64_t began; /* process.h: a number alone may have passed to another process */
};

struct rehearsal {
	int64_t until;                   /* seconds since 1970 */
	char boot[REHEARSAL_BOOT_SIZE];  /* what follows is of this run of the machine */
	uint64_t began;                  /* when the file was changed, in the unit of process.h */
	struct rehearsal_process holder; /* that takes the block out */
	struct rehearsal_process origin; /* the outermost with a terminal that led to the change */
};

/*
 * Fills in all but the holder, for a change that is made now by this process. Returns 0, or -errno
 * if the kernel doesn't tell.
 */
int rehearsal_begin(struct rehearsal *rehearsal, long seconds);

/* Writes the line, without an end of line. Returns 0 or -ENOSPC. */
int rehearsal_format(const struct rehearsal *rehearsal, char line[REHEARSAL_LINE_MAX]);

/* Reads such a line. Returns 0, or -EINVAL if it is not as rehearsal_format() writes it. */
int rehearsal_parse(const char *line, struct rehearsal *rehearsal);

/* Writes when it ends, for people: "2026-11-29 15:31:00 +0800". */
#define REHEARSAL_TIME_MAX 64
void rehearsal_show_end(const struct rehearsal *rehearsal, char shown[REHEARSAL_TIME_MAX]);

/* Whether the machine has not been started again since. */
bool rehearsal_is_of_this_boot(const struct rehearsal *rehearsal);

/* Whether the process that takes the block out is still there. */
bool rehearsal_is_held(const struct rehearsal *rehearsal);

#endif
