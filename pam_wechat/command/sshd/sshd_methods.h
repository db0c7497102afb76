/*
 * sshd_methods - the ways of signing in that sshd knows, and AuthenticationMethods, which names
 * those that somebody has to go together.
 */
#ifndef PAM_WECHAT_SSHD_SSHD_METHODS_H
#define PAM_WECHAT_SSHD_SSHD_METHODS_H

#include <stdbool.h>
#include <stddef.h>

struct sshd_config;

enum sshd_method {
	SSHD_PUBLICKEY,
	SSHD_GSSAPI,
	SSHD_PASSWORD,
	SSHD_KEYBOARD,
	SSHD_HOSTBASED,
};
#define SSHD_METHODS 5
#define SSHD_METHODS_MAX 256 /* bytes of all their names */

/* What comes of a list of methods, such as "publickey,keyboard-interactive". */
enum sshd_list {
	SSHD_LIST_ASKS,   /* PAM asks its questions, as the last method or before */
	SSHD_LIST_AROUND, /* PAM asks nothing */
	/*
	 * Nobody comes through: one of its methods is switched off, or is "password", which answers
	 * PAM's question itself.
	 */
	SSHD_LIST_NOWHERE,
};

struct sshd_lists {
	size_t asking, around, nowhere;
	bool has_any;         /* every single method that is on is enough: the counts are 0 */
	bool names_asking;    /* one of the lists names keyboard-interactive, wherever it leads */
	bool begins_with_key; /* one of those that ask, or would ask */
};

/* The keyword that switches a method on and off. */
const char *sshd_method_keyword(enum sshd_method method);

/* The method that a complaint of sshd's names: one of SSHD_METHODS, or SSHD_METHODS itself. */
enum sshd_method sshd_method_disabled(const char *said);

/* What AuthenticationMethods says. */
void sshd_methods_read(const struct sshd_config *config, struct sshd_lists *lists);

/* The set of methods that sshd offers first, a bit for each: 1 << SSHD_PASSWORD. */
unsigned int sshd_methods_offered(const struct sshd_config *config);

/* The set that is written as "publickey,password"; and the other way round. */
unsigned int sshd_methods_parse(const char *names, size_t length);
void sshd_methods_name(unsigned int set, char names[SSHD_METHODS_MAX]);

#endif
