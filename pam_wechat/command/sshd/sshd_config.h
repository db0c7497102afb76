/*
 * sshd_config - the options of the machine's sshd, as sshd itself reads its files: which are in
 * force, for whom, and by which line. sshd -T tells the options, and with -ddd each line that it
 * takes: Include, Match and older spellings are its business.
 */
#ifndef PAM_WECHAT_SSHD_SSHD_CONFIG_H
#define PAM_WECHAT_SSHD_SSHD_CONFIG_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define SSHD_PROGRAM "/usr/sbin/sshd"
#define SSHD_FOLDER "/etc/ssh"
#define SSHD_CONFIG SSHD_FOLDER "/sshd_config"
#define SSHD_RELOAD "sshd -t && systemctl reload ssh"

struct sshd_config;

struct sshd_line {
	char file[PATH_MAX];
	long number;
	bool is_match; /* it stands below a Match, which counts for some people only */
};

/* A connection. */
struct sshd_client {
	const char *user;
	const char *from, *to; /* addresses */
	long port;             /* of sshd's */
};

/*
 * Asks what is in force for this client, or for everybody if it is NULL. Returns 0; sshd's exit
 * status, and then sshd_config_said() is its complaint; or -errno. The caller frees *config, which
 * is NULL only after a -errno.
 */
int sshd_config_ask(const struct sshd_client *client, struct sshd_config **config);

void sshd_config_free(struct sshd_config **config);

/* The options, or a complaint, in sshd's words. */
const char *sshd_config_said(const struct sshd_config *config);

/*
 * Copies a value; "" if there is none. Keywords that may be given several times have one for each
 * `index`. Returns whether there is one.
 */
bool sshd_config_value(const struct sshd_config *config, const char *keyword, size_t index,
	char *value, size_t size);

/* Whether a switch is "yes". */
bool sshd_config_is_on(const struct sshd_config *config, const char *keyword);

/* Whether sshd told which lines it takes: otherwise no line can be found. */
bool sshd_config_has_lines(const struct sshd_config *config);

/* Finds the line by which this keyword, in any spelling, has its value. False: by none. */
bool sshd_config_find(
	const struct sshd_config *config, const char *keyword, struct sshd_line *line);

/* Whether sshd takes a line of this file. */
bool sshd_config_takes(const struct sshd_config *config, const char *file);

/* Copies what stands behind one Match after the other. Returns false behind the last one. */
bool sshd_config_match(const struct sshd_config *config, size_t index, char *words, size_t size);

/* The release of OpenSSH, 902 for 9.2; 0: not known. */
int sshd_config_release(const struct sshd_config *config);

/* Whether sshd takes PAMServiceName; if not, its PAM service is the name it was started by. */
bool sshd_config_names_service(void);

#endif
