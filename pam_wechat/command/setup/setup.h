/*
 * setup - the first configuration: three answers, four files, and what is to be done next.
 */
#ifndef PAM_WECHAT_SETUP_SETUP_H
#define PAM_WECHAT_SETUP_SETUP_H

#include <stdbool.h>
#include <stddef.h>

#include "url.h"

struct problem;
struct text;

#define SETUP_ANSWER_SIZE 1024 /* longer ones are wrong ones */

struct setup {
	const char *directory; /* absolute, without a slash at the end */
	bool force;            /* replace what is there, and keep copies */
	char appid[SETUP_ANSWER_SIZE];
	char secret[SETUP_ANSWER_SIZE]; /* the caller wipes it */
	char public_url[SETUP_ANSWER_SIZE];
	struct url url;                    /* public_url's parts */
	char old_appid[SETUP_ANSWER_SIZE]; /* that the users table was made with; "": the same */
	size_t old_bindings;               /* of it */
};

/* What is wrong with an answer, and how it has to be ("must be …"); NULL if nothing is. */
const char *setup_appid_fault(const char *value);
const char *setup_secret_fault(const char *value);
const char *setup_url_fault(const char *value);

/* Whether the helper itself is what phones reach: plain http, for a test account. */
bool setup_is_direct(const struct setup *setup);

/*
 * Looks whether setup_write() may do what it is going to: nothing is there that may not be
 * replaced, and we may write. Returns 0, or -errno with the problem set.
 */
int setup_check(const struct setup *setup, struct problem *problem);

/* Looks whether the users table that stays was made with another AppID, and sets old_…. */
void setup_find_old(struct setup *setup);

/*
 * Writes the files, all of them or none, and appends the copies of those that it replaced to
 * `copies`, a path on each line. Returns 0, or -errno with the problem set and everything as it was
 * before.
 */
int setup_write(const struct setup *setup, struct text *copies, struct problem *problem);

/*
 * Says what was written, what was kept, and what comes next: the web server, WeChat's file, two
 * commands.
 */
void setup_advise(const struct setup *setup, const char *copies);

#endif
