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

#define MEMORY_MS 60000

struct remembered {
	struct table_entry by_link, by_state;
	TAILQ_ENTRY(remembered) entries;
	struct deadline deadline;
	char id[LOGIN_LINK_LENGTH + 1];
	char state[LOGIN_STATE_LENGTH + 1];
	char cookie[LOGIN_TOKEN_LENGTH + 1]; /* of the browser that won */
	enum language language;
};

struct memory {
	struct table by_link, by_state;
	TAILQ_HEAD(, remembered) oldest_first;
	size_t limit;
};

/* Remembers `limit` logins at most. Returns 0 or -errno. */
int memory_init(struct memory *memory, size_t limit);
void memory_finish(struct memory *memory);

/* Remembers a login somebody won. For want of memory it is forgotten at once. */
void memory_add(struct memory *memory, const struct login *login);

/* Forgets what bears this link or this state. */
void memory_forget(struct memory *memory, const char *id, const char *state);

/* Finds what is remembered by its link or by its state, or NULL. */
const struct remembered *memory_find_link(struct memory *memory, const char *id);
const struct remembered *memory_find_state(struct memory *memory, const char *state);

/* Whether this cookie (or NULL) is the winning browser's. */
bool memory_is_winner(const struct remembered *remembered, const char *cookie);

#endif
