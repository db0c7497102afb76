/*
 * enroll_roster - who is to be enrolled: one user, or a file with one on each line.
 */
#ifndef PAM_WECHAT_ENROLL_ENROLL_ROSTER_H
#define PAM_WECHAT_ENROLL_ENROLL_ROSTER_H

#include <stdbool.h>
#include <stddef.h>

struct problem;

struct enroll_roster {
	char **names;
	size_t count;
};

/*
 * Whether this user may be enrolled: the machine must know them, and it must not be root; `force`
 * forgives both. Returns 0; or -errno with the problem set.
 */
int enroll_roster_judge(const char *user, bool force, struct problem *problem);

/*
 * Reads a file; `#` begins a comment. Every line that is wrong is complained of to standard error,
 * with file and line. Returns 0 and a roster that the caller finishes; -EINVAL if a line was wrong
 * or there is no user at all; or another -errno after a complaint.
 */
int enroll_roster_read(struct enroll_roster *roster, const char *path, bool force);

void enroll_roster_finish(struct enroll_roster *roster);

#endif
