/*
 * crowd - the pending logins whose browsers have one address. Those that no browser has opened are
 * one crowd, too.
 *
 * A stranger can open logins of his own and tap Continue in all of them. From one address that
 * makes one large crowd, and large crowds lose their logins first (logins.h).
 */
#ifndef PAM_WECHAT_LOGIN_CROWD_H
#define PAM_WECHAT_LOGIN_CROWD_H

#include <netinet/in.h>
#include <stddef.h>

#include "table.h"

struct crowd {
	struct table_entry by_address;
	struct table *all;
	size_t count;
	size_t here, finishing; /* of those that are being looked at */
	char address[INET6_ADDRSTRLEN];
};

/*
 * Counts one more login in the crowd of `client` (client.h; NULL: no browser has opened it) in the
 * table `all`, which outlives it. Returns NULL if there is no memory.
 */
struct crowd *crowd_join(struct table *all, const struct in6_addr *client);

/* Counts one less, and sets *crowd to NULL. The last one frees it. */
void crowd_leave(struct crowd **crowd);

#endif
