/*
 * helper_link - the connection to the helper, made again when the helper is restarted.
 */
#ifndef PAM_WECHAT_EXCHANGE_HELPER_LINK_H
#define PAM_WECHAT_EXCHANGE_HELPER_LINK_H

#include <stdbool.h>

#include "deadline.h"
#include "problem.h"
#include "progress.h"
#include "wire.h"

struct helper_link {
	int fd; /* -1 while there is no connection */
	bool registered;
	struct deadline retry_at;
	bool is_there;          /* at some try something listened, or that could not be found out */
	struct problem problem; /* why there is no connection */
};

void helper_link_init(struct helper_link *link);

/* Closes the connection. */
void helper_link_finish(struct helper_link *link);

/*
 * Connects to the helper at `socket` and sends REGISTER, made of the LOGIN message and of how far a
 * phone came before the helper was restarted. Returns 0 or
 * -errno; then another try is due at retry_at.
 */
int helper_link_connect(struct helper_link *link, const struct wire_message *login,
	enum progress phone, struct deadline deadline);

/* Closes a connection that failed; another try is due soon. */
void helper_link_lose(struct helper_link *link, const char *why);

/* Milliseconds until the next try is due; -1 while there is a connection. */
int helper_link_wait_ms(const struct helper_link *link);

#endif
