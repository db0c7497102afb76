/*
 * systemd - sockets it opened for us, and what we tell it about ourselves: sd_listen_fds(3) and
 * sd_notify(3), as far as they are needed.
 */
#ifndef PAM_WECHAT_DAEMON_SYSTEMD_H
#define PAM_WECHAT_DAEMON_SYSTEMD_H

/* What a socket has to be; it has to be listening, too. */
enum systemd_kind {
	SYSTEMD_LOGINS, /* AF_UNIX, SOCK_SEQPACKET */
	SYSTEMD_HTTP,   /* AF_INET or AF_INET6, SOCK_STREAM */
};

/*
 * The socket of this kind that was passed under `name` ($LISTEN_FDNAMES), made non-blocking and
 * close-on-exec; for logins also the only one that was passed, whatever its name; or -1. One that
 * has the name and is of another kind is logged.
 */
int systemd_take(const char *name, enum systemd_kind kind);

/* Sends a state such as "READY=1" to $NOTIFY_SOCKET, if there is one. Returns 0 or -errno. */
int systemd_notify(const char *state);

/* Says that the configuration is being read anew: "READY=1" has to follow. */
void systemd_notify_reloading(void);

#endif
