/*
 * helper_status - asks the helper that runs on this machine how it is.
 */
#ifndef PAM_WECHAT_DAEMON_HELPER_STATUS_H
#define PAM_WECHAT_DAEMON_HELPER_STATUS_H

#include <stdbool.h>

struct problem;

struct helper_status {
	long pending;     /* logins; -1: not known */
	long loopback;    /* logins from an address of loopback; -1: not known */
	long remote;      /* logins from any other address; -1: not known */
	char version[32]; /* "": not known */
	long last_in;     /* when a sign-in last succeeded, Unix time; 0: none; -1: not known */
	long last_failed; /* when one last failed */
	char failure[32]; /* why, a word of reason.h */
};

/*
 * Asks `/healthz` at `listen` of helper.conf whether a helper runs. Returns 0, or -errno with the
 * problem set: -EPROTO if something else answers there.
 */
int helper_status_ask_health(const char *listen, struct problem *problem);

/*
 * Asks the metrics at the Unix socket `path`. Returns 0, or -errno with the problem set; then
 * *helper_status is unchanged.
 */
int helper_status_ask_metrics(
	const char *path, struct helper_status *helper_status, struct problem *problem);

#endif
