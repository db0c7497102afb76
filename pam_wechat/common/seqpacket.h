/*
 * seqpacket - Unix sockets of type SOCK_SEQPACKET, bound and connected to in trusted places only.
 *
 * The socket's path is judged by both ends as safe_file.h judges files: every directory above it,
 * then the socket itself, which root or the effective user must own and which others must not be
 * able to write to. There are no abstract sockets.
 */
#ifndef PAM_WECHAT_COMMON_SEQPACKET_H
#define PAM_WECHAT_COMMON_SEQPACKET_H

#include <sys/types.h>

struct deadline;
struct problem;

/*
 * Connects to the socket at `path`, non-blocking and close-on-exec. Returns a descriptor that the
 * caller closes, or -errno with the problem set.
 */
int seqpacket_connect(const char *path, struct problem *problem);

/*
 * Binds and listens at `path`, replacing a socket there that nobody listens to any more. Its mode
 * becomes 0660 and its group `group`, or stays as it is if that is (gid_t)-1. The descriptor is
 * non-blocking and close-on-exec. Returns it, or -errno with the problem set.
 */
int seqpacket_listen(const char *path, gid_t group, struct problem *problem);

/* Says in *uid who connected `fd` (SO_PEERCRED). Returns 0 or -errno. */
int seqpacket_peer(int fd, uid_t *uid);

#endif
