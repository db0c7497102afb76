/*
 * request - what the module tells its child about one login (and `pam-wechat enroll` about one
 * enrolment): fresh tokens, where WeChat is, who may pass, and what the phone shows. All of it is
 * secret.
 */
#ifndef PAM_WECHAT_REQUEST_REQUEST_H
#define PAM_WECHAT_REQUEST_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "wire.h"

struct deadline;
struct problem;
struct requester;
struct settings;
struct users;

struct request {
	char id[WIRE_LINK_LENGTH + 1]; /* last part of the link, base62 */
	char state[WIRE_STATE_LENGTH + 1];
	char pin[WIRE_PIN_LENGTH + 1];
	char link[256];
	char authorize_url[2048];    /* in exactly the order that WeChat matches */
	struct wire_message message; /* LOGIN; its values live as long as the request */
};

/*
 * Makes the request; one that only waits for a tap carries no pin. Of a user with more than
 * SETTINGS_OPENIDS_MAX openids none may pass. `users` NULL: nobody is listed, as OCCASION_ENROLL
 * wants it. Its message points into the settings and the requester, too. Returns
 * 0 and a request that the caller frees; or -errno with the problem set.
 */
int request_create(struct request **request, const struct settings *settings,
	const struct requester *requester, const struct users *users, bool waits,
	struct deadline deadline, struct problem *problem);

/* Wipes the app secret, which the message then lacks: for when it was sent. */
void request_forget_secret(struct request *request);

/* Wipes and frees *request, and sets it to NULL. NULL is accepted. */
void request_free(struct request **request);

#endif
