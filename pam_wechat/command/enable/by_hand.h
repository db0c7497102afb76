/*
 * by_hand - the lines to write into a file that "enable" does not change itself, because it does
 * not include common-auth: those of Red Hat, Arch, Alpine.
 */
#ifndef PAM_WECHAT_ENABLE_BY_HAND_H
#define PAM_WECHAT_ENABLE_BY_HAND_H

#include <stddef.h>

#include "pam_file.h"

struct problem;

/* What a text is to be judged by, beside what is asked here. Returns 0, or -errno. */
typedef int by_hand_judge(const void *context, const char *path, const char *bytes, size_t length);

struct by_hand {
	const char *service, *path;
	enum pam_file_form form;
	const char *options; /* at the end of the PAM line, or "" */
	by_hand_judge *judge;
	const void *context;
};

/*
 * Looks for the line of the file by which somebody proves who he is, and for lines in its place, or
 * behind it, that pass the judge. Says in the problem which they are and where they go, each line
 * to be written behind four blanks; or which other service to name, where this one has its lines
 * from. Where none is found, the problem stays as it is.
 */
void by_hand_describe(
	const struct by_hand *by_hand, const char *bytes, size_t length, struct problem *problem);

#endif
