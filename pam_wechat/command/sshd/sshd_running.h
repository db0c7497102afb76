/*
 * sshd_running - the sshd that listens on this machine, which may have read its files before they
 * were changed.
 */
#ifndef PAM_WECHAT_SSHD_SSHD_RUNNING_H
#define PAM_WECHAT_SSHD_SSHD_RUNNING_H

struct sshd_config;

#define SSHD_RUNNING_USER "nobody" /* who asks */

struct sshd_place {
	char address[64]; /* one that sshd listens to, loopback if it does */
	long port;
};

/* Where sshd listens as its configuration says. Returns 0, or -ENOENT if it doesn't say. */
int sshd_running_find(const struct sshd_config *config, struct sshd_place *place);

/*
 * Asks the sshd there what it offers (sshd_methods.h), by a login that asks for nothing else: one
 * line in its log. Returns 0; -ENOENT if there is no ssh; -ECONNREFUSED if nobody answers as sshd
 * does; or another -errno.
 */
int sshd_running_ask(const struct sshd_place *place, unsigned int *methods);

#endif
