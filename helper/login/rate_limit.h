/*
 * rate_limit - how many requests each may make, so that the flood of one is nothing to the others.
 *
 * Many people share an address behind a carrier's NAT. So what names a living login is charged to
 * that login at that address, and everything else to the address alone: whoever floods uses up
 * neither the allowance of logins he does not know, nor that of other addresses. IPv6 counts by
 * network /64, which is what one customer gets.
 *
 * All that is kept of each is one moment: when its allowance will be whole again (GCRA's
 * "theoretical arrival time"). Forgetting one that is whole costs nothing, so the table has a fixed
 * size; what does not fit drives out whoever is whole again soonest.
 */
#ifndef PAM_WECHAT_LOGIN_RATE_LIMIT_H
#define PAM_WECHAT_LOGIN_RATE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#define RATE_LIMIT_SETS 1024 /* a power of two */
#define RATE_LIMIT_WAYS 8
#define RATE_LIMIT_ENTRIES (RATE_LIMIT_SETS * RATE_LIMIT_WAYS)

/*
 * Requests at once, and milliseconds until there is one more.
 *
 * A stranger's are a favicon, and links that are over: one or two a login. 200 are an office that
 * comes to work; 10 a second are five logins a second, for ever, at one address.
 *
 * A login takes three. 60 leave room for reloads, WeChat's second callbacks and the ask page in
 * several browsers; 5 a second are more than anybody taps.
 */
#define RATE_LIMIT_STRANGERS_BURST 200
#define RATE_LIMIT_STRANGERS_MS 100
#define RATE_LIMIT_LOGIN_BURST 60
#define RATE_LIMIT_LOGIN_MS 200

struct in6_addr;

struct rate_limit_entry {
	uint64_t hash;
	int64_t whole_ms; /* 0: a free place */
};

struct rate_limit {
	uint64_t seed[2];
	struct rate_limit_entry *entries; /* sets of RATE_LIMIT_WAYS, one after the other */
	int64_t told_ms;
};

/* Returns 0, -ENOMEM, or -EIO without random numbers. */
int rate_limit_init(struct rate_limit *rate_limit);

/* Frees what rate_limit_init() made; one that is all zero is accepted. */
void rate_limit_finish(struct rate_limit *rate_limit);

/*
 * Charges one request of `client` (IPv4 as ::ffff:a.b.c.d) that names the living login `id`, or
 * NULL. `now_ms` is deadline_now(). Returns whether it is allowed; one that is not costs nothing.
 */
bool rate_limit_charge(struct rate_limit *rate_limit, const struct in6_addr *client, const char *id,
	int64_t now_ms);

/* Whether it is time for another line in the log about those that were not: every ten seconds. */
bool rate_limit_tell(struct rate_limit *rate_limit, int64_t now_ms);

#endif
