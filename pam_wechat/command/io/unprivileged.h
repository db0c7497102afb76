/*
 * unprivileged - what faces the network is done by a process that is not root: as a login's
 * exchange does it.
 */
#ifndef PAM_WECHAT_IO_UNPRIVILEGED_H
#define PAM_WECHAT_IO_UNPRIVILEGED_H

#include <stdbool.h>
#include <sys/types.h>

struct unprivileged {
	char uid[16], gid[16];
	bool stays; /* who we are */
};

/*
 * Chooses exchange_user, for what a login's exchange would do; whoever is not root stays who he is.
 * NULL: a user that is nobody's, enough for talking to this machine. Returns 0 or -errno.
 */
int unprivileged_choose(struct unprivileged *chosen, const char *exchange_user);

/* Becomes the one that was chosen, and clears the environment. Returns 0 or -errno. */
int unprivileged_become(const struct unprivileged *chosen);

#endif
