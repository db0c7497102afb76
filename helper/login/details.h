/*
 * details - what a page says about a login: who, where, how, from where, until when.
 *
 * All strings are fit to be shown (display.h), and none is escaped yet.
 */
#ifndef PAM_WECHAT_LOGIN_DETAILS_H
#define PAM_WECHAT_LOGIN_DETAILS_H

#include "language.h"
#include "messages.h"
#include "occasion.h"

struct text;
struct wire_message;

struct details {
	const char *user; /* in guillemets, if it is a name */
	const char *host;
	enum occasion occasion;
	const char *service;
	const char *from;  /* "": this machine */
	const char *asker; /* "": nobody of this machine */
	const char *until; /* by the host's clock, with its zone */
	const char *brand; /* "": none */
};

/* Makes it of a REGISTER message, to be freed by free(). Returns NULL if there is no memory. */
struct details *details_create(const struct wire_message *message);

/*
 * Appends how the login is made: "remote login (sshd)", or "become root by su, asked for by local
 * user mallory (uid 1003, pts/3)".
 */
void details_add_how(const struct details *details, enum language language, struct text *text);

/* Appends a message, with the values of this login where it has places for them. */
void details_add_message(const struct details *details, enum message message,
	enum language language, struct text *text);

#endif
