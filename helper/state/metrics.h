/*
 * metrics - what the helper has counted since it started, in the words of Prometheus.
 *
 * Nothing in them names anybody: no links, users, hosts or addresses.
 */
#ifndef PAM_WECHAT_STATE_METRICS_H
#define PAM_WECHAT_STATE_METRICS_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "reason.h"

#define METRICS_BUCKETS 8
#define METRICS_MAX 8192 /* all of them as text */

struct text;

struct metrics {
	uint64_t started;    /* logins that were registered */
	uint64_t loopback;   /* of them, from an address of this machine's loopback */
	uint64_t remote;     /* of them, from any other address */
	uint64_t completed;  /* logins that a phone finished */
	uint64_t signed_in;  /* logins that the host let in */
	time_t last_in;      /* when that was last; 0: not yet */
	time_t last_failed;  /* when a login last ended otherwise; 0: not yet */
	enum reason failure; /* and why */
	uint64_t reported;   /* logins of which somebody said "This isn't me" */
	uint64_t expired;    /* logins whose deadline passed before a phone finished */
	uint64_t callbacks;  /* that brought a code for a living login */
	uint64_t repeats;    /* of those, all but the first of each login */
	uint64_t too_often;  /* requests answered by 429, see rate_limit.h */
	uint64_t refused[REASON_COUNT];
	uint64_t buckets[METRICS_BUCKETS]; /* each without those below it */
	uint64_t results, results_ms;
};

/* Counts a login that was registered, by its origin (pam_wechat's origin.h). */
void metrics_start(struct metrics *metrics, const char *origin);

/* Counts how a login of the host's ended: REASON_NONE if it let somebody in. */
void metrics_end(struct metrics *metrics, enum reason reason);

/* Counts a RESULT that says no, by its reason. */
void metrics_refuse(struct metrics *metrics, enum reason reason);

/* Counts a RESULT, which came so many milliseconds after its callback. */
void metrics_observe(struct metrics *metrics, int64_t ms);

/*
 * Appends all of them, the version, and two numbers of the moment, in Prometheus' text format
 * 0.0.4; a text of METRICS_MAX bytes holds them.
 */
void metrics_write(
	const struct metrics *metrics, size_t pending, size_t connections, struct text *text);

#endif
