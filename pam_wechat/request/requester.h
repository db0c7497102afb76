/*
 * requester - who wants to sign in, as PAM and the kernel say it.
 *
 * The host names in PAM_RHOST may be chosen by an attacker: they are shown and logged, never
 * resolved, and decide nothing.
 */
#ifndef PAM_WECHAT_REQUEST_REQUESTER_H
#define PAM_WECHAT_REQUEST_REQUESTER_H

#include <stdbool.h>

#include "display.h"
#include "account.h"
#include "occasion.h"
#include "origin.h"

struct pam_handle;

struct requester {
	const char *user;    /* exactly PAM_USER */
	const char *service; /* "" where PAM names none, as the next two */
	const char *rhost;
	const char *tty;
	char *copies[4]; /* the strings of those four: the host may change its own at any time */

	/* 0; -ENOENT if this machine has no such user; another -errno if nobody could tell. */
	int look_up;
	struct account account; /* of the user, if that is 0 */

	/* Fit to be shown: */
	char shown_user[DISPLAY_NAME_SIZE];
	char shown_service[DISPLAY_NAME_SIZE];
	char from[128]; /* the remote address or name, or else the terminal, or "" */
	char asker[DISPLAY_NAME_SIZE +
		   80]; /* "«mallory» (uid 1003, pts/3)" if a user runs the program, or "" */

	enum occasion occasion;
	bool at_console; /* root asks for whoever sits at this machine's screen and keyboard */

	char origin[ORIGIN_SIZE];
};

/*
 * Returns PAM_SUCCESS, PAM_BUF_ERR, or what pam_get_user() or pam_get_item() returned. May ask for
 * the name. Either way requester_finish() is to be called.
 */
int requester_init(struct requester *requester, struct pam_handle *pamh);

/* Whether PAM_USER still is who asked: a host or a module may have changed it. */
bool requester_is_same(const struct requester *requester, struct pam_handle *pamh);

/*
 * Looks the user up anew. requester_init() does it once for whatever name there is, listed or not,
 * known or not: all of them take as long.
 */
void requester_look_up(struct requester *requester);

/* The uid of the user's account; USERS_NO_UID (users.h) if none is known. */
uid_t requester_uid(const struct requester *requester);

/* Wipes it. One that is all zero is accepted. */
void requester_finish(struct requester *requester);

#endif
