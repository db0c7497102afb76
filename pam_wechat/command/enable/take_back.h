/*
 * take_back - takes the block of pam-wechat's out of a service's file, with what belongs to it.
 */
#ifndef PAM_WECHAT_ENABLE_TAKE_BACK_H
#define PAM_WECHAT_ENABLE_TAKE_BACK_H

struct problem;
struct update;

#define TAKEN_BACK_OUTCOME_MAX 2048

struct taken_back {
	char outcome[TAKEN_BACK_OUTCOME_MAX]; /* a sentence: what has become of the file */
	char *lines; /* the PAM lines that went with the block, each with its end */
};

/*
 * Takes the block out of the file `path`, which `*update` has opened, and closes that. The copy
 * that "enable" made goes as well, where the file is as it was. `trial`, if it is not NULL, is the
 * line of rehearsal.h that has to stand in the block. Returns 0 and what the caller finishes; or
 * -errno with the problem set and the file as it was: -ENOENT if there is no such block, -EINVAL if
 * it holds anything that is not ours, or what file_update_write() returns.
 */
int take_back(const char *path, struct update **update, const char *trial, struct taken_back *taken,
	struct problem *problem);

void taken_back_finish(struct taken_back *taken);

#endif
