/*
 * rehearsal_timer - the process that takes a change back when its time is over.
 */
#ifndef PAM_WECHAT_ENABLE_REHEARSAL_TIMER_H
#define PAM_WECHAT_ENABLE_REHEARSAL_TIMER_H

#include "rehearsal.h"

struct problem;

/*
 * Starts the process, which outlives this one, its terminal and its session. In `seconds` from now
 * it takes the block out of the file `path` that has the line `trial` in it then; if there is none,
 * it does nothing. What it did is in the log. It has no descriptor of ours, a lock's least of all.
 * Returns 0, the line, and what it says; or -errno with the problem set, and there is no process.
 */
int rehearsal_timer_start(const char *path, long seconds, struct rehearsal *rehearsal,
	char trial[REHEARSAL_LINE_MAX], struct problem *problem);

#endif
