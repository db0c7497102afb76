/*
 * systemd - sockets it opened for us, and what we tell it about ourselves: sd_listen_fds(3) and
 * sd_notify(3), as far as they are needed.
 */
#ifndef PAM_WECHAT_DAEMON_SYSTEMD_H
#define PAM_WECHAT_DAEMON_SYSTEMD_H

#include <stdbool.h>

/*
 * The descriptor that was passed under `name` ($LISTEN_FDNAMES), made non-blocking and
 * close-on-exec; or the only one that was passed, whatever its name, if `is_default`; or -1.
 */
int systemd_take(const char *name, bool is_default);

/* Sends a state such as "READY=1" to $NOTIFY_SOCKET, if there is one. Returns 0 or -errno. */
int systemd_notify(const char *state);

/* Says that the configuration is being read anew: "READY=1" has to follow. */
void systemd_notify_reloading(void);

#endif
