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

#define PACE_SETS 1024 /* a power of two */
#define PACE_WAYS 8
#define PACE_ENTRIES (PACE_SETS * PACE_WAYS)

/*
 * Requests at once, and milliseconds until there is one more.
 *
 * A stranger's are a favicon, and links that are over: one or two a login. 200 are an office that
 * comes to work; 10 a second are five logins a second, for ever, at one address.
 *
 * A login takes three. 60 leave room for reloads, WeChat's second callbacks and the ask page in
 * several browsers; 5 a second are more than anybody taps.
 */
#define PACE_STRANGERS_BURST 200
#define PACE_STRANGERS_MS 100
#define PACE_LOGIN_BURST 60
#define PACE_LOGIN_MS 200

struct in6_addr;

struct pace_entry {
	uint64_t hash;
	int64_t whole_ms; /* 0: a free place */
};

struct pace {
	uint64_t seed[2];
	struct pace_entry *entries; /* sets of PACE_WAYS, one after the other */
	int64_t told_ms;
};

/* Returns 0, -ENOMEM, or -EIO without random numbers. */
int pace_init(struct pace *pace);

/* Frees what pace_init() made; one that is all zero is accepted. */
void pace_finish(struct pace *pace);

/*
 * Charges one request of `client` (IPv4 as ::ffff:a.b.c.d) that names the living login `id`, or
 * NULL. `now_ms` is deadline_now(). Returns whether it is allowed; one that is not costs nothing.
 */
bool pace_charge(struct pace *pace, const struct in6_addr *client, const char *id, int64_t now_ms);

/* Whether it is time for another line in the log about those that were not: every ten seconds. */
bool pace_tell(struct pace *pace, int64_t now_ms);

#endif
