/*
 * origin - whose share of the pending logins a login takes, so that nobody takes somebody else's.
 *
 * One of:
 *     192.0.2.7     a remote caller with an IPv4 address, mapped into IPv6 or not
 *     2001:db8::    a remote caller with an IPv6 address: its network of 64 bits, without a zone
 *     name          all remote callers of whom only a name is known
 *     tty:/dev/tty1 a login at this terminal of the machine
 *     uid:1003      a process of this user's on the machine
 */
#ifndef PAM_WECHAT_REQUEST_ORIGIN_H
#define PAM_WECHAT_REQUEST_ORIGIN_H

#include <stddef.h>
#include <sys/types.h>

#define ORIGIN_SIZE 64 /* with its NUL */

struct origin_facts {
	const char *rhost;      /* PAM_RHOST; "" for a caller of this machine */
	const char *connection; /* sshd's SSH_CONNECTION, or NULL: where rhost is no address */
	const char *tty;        /* PAM_TTY, or "" */
	uid_t uid;              /* who calls */
};

void origin_choose(const struct origin_facts *facts, char origin[static ORIGIN_SIZE]);

#endif
