#include "admission.h"

#include <errno.h>
#include <string.h>

#include <event2/event.h>
#include <event2/listener.h>
#include <event2/util.h>

#include "log.h"

#define FAILURE_MS 200

/*
 * A listener hands its error callback the context of evhttp's other callback: ours is found by the
 * listener.
 */
static LIST_HEAD(, admission) watched = LIST_HEAD_INITIALIZER(watched);

/* Leaves a listener for which there is no timer as it is. */
static void pause_for(struct admission *admission, int ms)
{
	struct timeval limit = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	if (event_add(admission->retry, &limit) == 0)
		(void)evconnlistener_disable(admission->listener);
}

void admission_review(struct admission *admission)
{
	int wait;

	if (admission->listener == NULL || admission->failing)
		return;
	wait = admission->closed ? -1 : admission->wait_cb(admission->context);
	if (wait == 0)
		(void)evconnlistener_enable(admission->listener);
	else if (wait < 0)
		(void)evconnlistener_disable(admission->listener);
	else
		pause_for(admission, wait);
}

static void on_retry(evutil_socket_t fd, short what, void *context)
{
	struct admission *admission = context;

	(void)fd;
	(void)what;
	admission->failing = false;
	admission_review(admission);
}

/* Out of descriptors, mostly: a listener left enabled would try again at once, for ever. */
static void on_accept_error(struct evconnlistener *listener, void *context)
{
	struct admission *admission;

	(void)context;
	log_limited("accept: %s", strerror(EVUTIL_SOCKET_ERROR()));
	LIST_FOREACH(admission, &watched, entries)
	{
		if (admission->listener != listener)
			continue;
		admission->failing = true;
		pause_for(admission, FAILURE_MS);
	}
}

int admission_init(struct admission *admission, struct event_base *base, admission_wait_cb *wait_cb,
	void *context)
{
	memset(admission, 0, sizeof(*admission));
	admission->wait_cb = wait_cb;
	admission->context = context;
	admission->retry = evtimer_new(base, on_retry, admission);
	return admission->retry == NULL ? -ENOMEM : 0;
}

void admission_finish(struct admission *admission)
{
	if (admission->listener != NULL)
		LIST_REMOVE(admission, entries);
	admission->listener = NULL;
	if (admission->retry != NULL)
		event_free(admission->retry);
	admission->retry = NULL;
}

void admission_watch(struct admission *admission, struct evconnlistener *listener)
{
	admission->listener = listener;
	LIST_INSERT_HEAD(&watched, admission, entries);
	evconnlistener_set_error_cb(listener, on_accept_error);
	admission_review(admission);
}

void admission_close(struct admission *admission)
{
	admission->closed = true;
	if (admission->listener != NULL)
		(void)evconnlistener_disable(admission->listener);
}
