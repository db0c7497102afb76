/*
 * occasion - what a phone is asked for, as the ask page says it: one word for the wire.
 */
#ifndef PAM_WECHAT_COMMON_OCCASION_H
#define PAM_WECHAT_COMMON_OCCASION_H

enum manner {
	MANNER_REMOTE,  /* from another host (sshd) */
	MANNER_CONSOLE, /* at the machine itself, where nobody is signed in yet (login) */
	MANNER_BECOME,  /* a local user wants to be another one (su) */
	MANNER_CONFIRM, /* a local user has to show that it is them (sudo) */
	MANNER_ENROLL,  /* nobody signs in: the administrator links a WeChat (pam-wechat enroll) */
};

/* The word for a manner. */
const char *manner_word(enum manner manner);

/* The manner for a word. Returns 0, or -EINVAL for another one. */
int manner_parse(const char *word, enum manner *manner);

#endif
