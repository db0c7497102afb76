/*
 * listening - makes the sockets that are listened to, while we are still who may make them.
 */
#ifndef PAM_WECHAT_DAEMON_LISTENING_H
#define PAM_WECHAT_DAEMON_LISTENING_H

#include <sys/types.h>

struct problem;

/* All return a non-blocking, close-on-exec descriptor, or -errno with the problem set. */

/*
 * For HTTP, at an address that address_parse_listen() knows. An address that this machine does not
 * have yet is logged, and taken (ip(7), IP_FREEBIND).
 */
int listening_http(const char *address, struct problem *problem);

/*
 * For status_socket: a stream, 0660, replacing what an earlier helper left at `path`. Its group is
 * `group`; (gid_t)-1: the one it is made with, our own or that of a set-group-ID directory.
 */
int listening_status(const char *path, gid_t group, struct problem *problem);

/* Logs where `fd` listens for HTTP. */
void listening_log(int fd);

#endif
