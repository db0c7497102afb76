/*
 * service - the running daemon: puts the parts together, and takes them apart in order.
 */
#ifndef PAM_WECHAT_DAEMON_SERVICE_H
#define PAM_WECHAT_DAEMON_SERVICE_H

struct problem;
struct settings;

/*
 * Runs until SIGTERM or SIGINT. `path` is read anew at SIGHUP; *settings become its own. Returns 0,
 * or -errno with the problem set if it could not start.
 */
int service_run(const char *path, struct settings **settings, struct problem *problem);

#endif
