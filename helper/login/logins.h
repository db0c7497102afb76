/*
 * logins - all that are pending: found by link or state, counted by where they come from.
 *
 * Limits are per origin and in all, never per user, and a new login always gets a place. Whose
 * login makes room for it?
 *
 * - One that a phone is finishing stays as long as there is another. That holds while its browser
 *   address has no more than two: by junk for codes a script makes all of its own look so.
 * - Of a full origin: one of the browser address that has most logins of this origin.
 * - Of all: each login has two numbers, how many its origin has and how many its browser address
 *   has. One whose lower number is highest goes, and of those one whose higher number is highest.
 *   So a stranger needs many origins, and many addresses of browsers as well to push out a login
 *   that a browser has opened.
 * - Of those that are left one that no phone is finishing, and of these the oldest.
 */
#ifndef PAM_WECHAT_LOGIN_LOGINS_H
#define PAM_WECHAT_LOGIN_LOGINS_H

#include <stddef.h>
#include <sys/queue.h>

#include "finished.h"
#include "table.h"

struct login;

TAILQ_HEAD(login_list, login);

struct logins {
	struct table by_link, by_state, origins, crowds;
	struct login_list oldest_first;
	size_t count;
	size_t checks; /* of them, those of pam-wechat doctor */
	size_t limit, origin_limit;
	struct finished finished;
};

/* At most `limit` logins in all, and `origin_limit` of one origin. Returns 0 or -errno. */
int logins_init(struct logins *logins, size_t limit, size_t origin_limit);

/* Forgets what is remembered. All logins have been removed before. */
void logins_finish(struct logins *logins);

/*
 * The login that has to go (be told so, removed and freed) before another of this origin is added;
 * NULL once there is room.
 */
struct login *logins_find_excess(struct logins *logins, const char *origin_name);

/*
 * Adds a login; what was remembered of one with its link or state is forgotten. Returns 0, -EEXIST
 * if its link or state is another's, or -ENOMEM.
 */
int logins_add(struct logins *logins, struct login *login);

/* Removes a login, which stays its owner's; if somebody won it, that is remembered for a while. */
void logins_remove(struct logins *logins, struct login *login);

struct login *logins_find_link(const struct logins *logins, const char *id);
struct login *logins_find_state(const struct logins *logins, const char *state);

#endif
