/*
 * occasion - what a phone is asked for, as the ask page says it: one word for the wire.
 */
#ifndef PAM_WECHAT_COMMON_OCCASION_H
#define PAM_WECHAT_COMMON_OCCASION_H

enum occasion {
	OCCASION_REMOTE,  /* from another host (sshd) */
	OCCASION_CONSOLE, /* at the machine's own screen and keyboard (login) */
	OCCASION_LOCAL,   /* by a program of root's that names no other host (xrdp-sesman, polkit-1)
	                   */
	OCCASION_BECOME,  /* a local user wants to be another one (su) */
	OCCASION_CONFIRM, /* a local user has to show that it is them (sudo) */
	OCCASION_DOCTOR,  /* nobody signs in: pam-wechat doctor tries the way */
	OCCASION_ENROLL, /* nobody signs in: the administrator links a WeChat (pam-wechat enroll) */
};

/* The word for an occasion. */
const char *occasion_word(enum occasion occasion);

/* The occasion for a word. Returns 0, or -EINVAL for another one. */
int occasion_parse(const char *word, enum occasion *occasion);

#endif
