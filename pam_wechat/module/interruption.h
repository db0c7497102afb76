/*
 * interruption - whether the person at the terminal has given up, while the module waits.
 *
 * sudo blocks SIGINT and SIGQUIT while PAM works, and login ignores them; su would die of them.
 * So they are blocked for the time of the wait, when even an ignored signal stays pending, looked
 * at, and left for the host, whose they are.
 */
#ifndef PAM_WECHAT_MODULE_INTERRUPTION_H
#define PAM_WECHAT_MODULE_INTERRUPTION_H

#include <signal.h>
#include <stdbool.h>

struct interruption {
	bool begun;
	sigset_t watched;
	sigset_t old; /* the host's mask */
};

void interruption_begin(struct interruption *interruption);

/*
 * Puts the host's mask back, if it was changed. What is pending then is delivered as the host has
 * it, which may be the end of the host: everything else is to be done before.
 */
void interruption_end(struct interruption *interruption);

/*
 * Waits `ms` milliseconds. Returns true, and sooner, if one of INT, QUIT, HUP and TERM is pending,
 * or if the host's standard input is a terminal at its end of file (^D), or has been hung up.
 */
bool interruption_wait(const struct interruption *interruption, int ms);

#endif
