/*
 * enroll_link - puts an openid that WeChat has named into the users table, if the administrator
 * wants it.
 */
#ifndef PAM_WECHAT_ENROLL_ENROLL_LINK_H
#define PAM_WECHAT_ENROLL_ENROLL_LINK_H

#include <sys/types.h>

struct prompt;
struct problem;

enum enroll_link {
	ENROLL_LINKED,
	ENROLL_LINKED_BEFORE, /* to this user: nothing had to be done */
	ENROLL_DECLINED,
	ENROLL_FAILED, /* the problem says why */
};

/* The uid that this machine has for a user; USERS_NO_UID (users.h) if it has none. */
uid_t enroll_uid_of(const char *user);

/*
 * Writes the uid behind the user, if there is one. Asks, and a second time if the openid
 * is linked to other users already, or to this one with another uid, naming them. The table at
 * `path` is read anew, under its lock, when all is answered: what somebody else changed meanwhile
 * stays, and if that changes the question, it is asked again.
 */
enum enroll_link enroll_link(const char *path, const char *user, const char *openid,
	struct prompt *prompt, struct problem *problem);

#endif
