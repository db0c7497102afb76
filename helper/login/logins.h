/*
 * logins - all that are pending: found by link or state, counted by where they come from.
 *
 * Limits are per origin and in all, never per user, and nobody is refused: the oldest login of
 * whoever has too many makes room.
 */
#ifndef PAM_WECHAT_LOGIN_LOGINS_H
#define PAM_WECHAT_LOGIN_LOGINS_H

#include <stddef.h>
#include <sys/queue.h>

#include "finished.h"
#include "table.h"

#define LOGINS_PER_ORIGIN 16

struct login;
struct origin;

TAILQ_HEAD(origin_list, origin);

struct logins {
	struct table by_link, by_state, origins;
	struct origin_list by_count[LOGINS_PER_ORIGIN + 1];
	size_t count;
	size_t checks; /* of them, those of pam-wechat doctor */
	size_t limit;
	struct finished finished;
};

/* At most `limit` logins in all. Returns 0 or -errno. */
int logins_init(struct logins *logins, size_t limit);

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
