/*
 * privileges - what root is needed for is done first; then it is given up for good.
 */
#ifndef PAM_WECHAT_DAEMON_PRIVILEGES_H
#define PAM_WECHAT_DAEMON_PRIVILEGES_H

#include <stdbool.h>
#include <sys/types.h>

struct problem;

/*
 * Becomes `user` if we are root, and proves that there is no way back; refuses a `user` that is
 * root. Root or not: no new privileges, no core dumps, nobody may look into our memory. Returns 0,
 * or -errno with the problem set.
 */
int privileges_drop(const char *user, struct problem *problem);

/*
 * Who besides root may connect to the socket: *uid and *gid of `peer_user`. Not started as root and
 * no such user: our own uid and (gid_t)-1, as in a test. Returns 0, or -errno with the problem set.
 */
int privileges_find_peer(
	const char *peer_user, bool as_root, uid_t *uid, gid_t *gid, struct problem *problem);

/* Raises the limit of open descriptors to `wanted` if it may. Returns what it is then. */
long privileges_raise_files(long wanted);

#endif
