/*
 * finished - what is left of a finished login: enough to tell the browser that won "this is over"
 * when it reloads its page, for sixty seconds. No pin, no user, no host.
 */
#ifndef PAM_WECHAT_LOGIN_FINISHED_H
#define PAM_WECHAT_LOGIN_FINISHED_H

#include <stdbool.h>
#include <sys/queue.h>

#include "login.h"
#include "table.h"
#include "wire.h"

#define FINISHED_MS 60000

struct finished_login {
	struct table_entry by_link, by_state;
	TAILQ_ENTRY(finished_login) entries;
	struct deadline deadline;
	char id[WIRE_LINK_LENGTH + 1];
	char state[WIRE_STATE_LENGTH + 1];
	char cookie[LOGIN_TOKEN_LENGTH + 1]; /* of the browser that won */
	enum language language;
};

struct finished {
	struct table by_link, by_state;
	TAILQ_HEAD(, finished_login) oldest_first;
	size_t limit;
};

/* Remembers `limit` logins at most. Returns 0 or -errno. */
int finished_init(struct finished *finished, size_t limit);
void finished_finish(struct finished *finished);

/* Remembers a login somebody won. For want of memory it is forgotten at once. */
void finished_add(struct finished *finished, const struct login *login);

/* Forgets what bears this link or this state. */
void finished_forget(struct finished *finished, const char *id, const char *state);

/* Finds what is remembered by its link or by its state, or NULL. */
const struct finished_login *finished_find_link(struct finished *finished, const char *id);
const struct finished_login *finished_find_state(struct finished *finished, const char *state);

/* Whether this cookie (or NULL) is the winning browser's. */
bool finished_is_winner(const struct finished_login *finished_login, const char *cookie);

#endif
