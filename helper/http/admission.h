/*
 * admission - when a listener of evhttp accepts connections, and when it lets them wait.
 */
#ifndef PAM_WECHAT_HTTP_ADMISSION_H
#define PAM_WECHAT_HTTP_ADMISSION_H

#include <stdbool.h>
#include <sys/queue.h>

struct evconnlistener;
struct event;
struct event_base;

/* How many milliseconds nobody is to be accepted yet: 0 for none, -1 until it is asked again. */
typedef int admission_wait_cb(void *context);

struct admission {
	LIST_ENTRY(admission) entries; /* while it has a listener */
	struct evconnlistener *listener;
	struct event *retry;
	admission_wait_cb *wait_cb;
	void *context;
	bool failing; /* accept did; until `retry` */
	bool closed;
};

/* Returns 0 or -ENOMEM. */
int admission_init(struct admission *admission, struct event_base *base, admission_wait_cb *wait_cb,
	void *context);

/* The listener has been freed before. */
void admission_finish(struct admission *admission);

/* Looks after this listener. Once. */
void admission_watch(struct admission *admission, struct evconnlistener *listener);

/* Accepts or not, as `wait_cb` says: to be called whenever it may say something else. */
void admission_review(struct admission *admission);

/* Accepts no more, for good. */
void admission_close(struct admission *admission);

#endif
