/*
 * helper_program - the installed helper, which alone knows its configuration and its pages.
 */
#ifndef PAM_WECHAT_DAEMON_HELPER_PROGRAM_H
#define PAM_WECHAT_DAEMON_HELPER_PROGRAM_H

#include <stddef.h>

struct problem;
struct unprivileged;

/*
 * Finds the helper that was installed with this command: it lies beside it. Returns 0, or -errno
 * with the problem set: -ENOENT if it isn't installed.
 */
int helper_program_find(char *path, size_t size, struct problem *problem);

/*
 * Runs the helper with up to six arguments, NULL at the end, and keeps what it says. Returns 0; or
 * -errno with the problem set, -EINVAL if the helper itself complains.
 */
int helper_program_run(
	const char *const *arguments, char *output, size_t size, struct problem *problem);

/* As helper_program_run(), by a process that has become this user, as the helper itself does. */
int helper_program_run_as(const char *const *arguments, const struct unprivileged *as, char *output,
	size_t size, struct problem *problem);

/* The path of helper.conf, which lies beside pam_wechat.conf. Returns 0 or -ENAMETOOLONG. */
int helper_program_conf(const char *conf, char *path, size_t size);

/* Copies the value of a key out of `key = value` lines. Returns 0, -ENOENT or -ENOSPC. */
int helper_program_value(const char *lines, const char *key, char *value, size_t size);

#endif
