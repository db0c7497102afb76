#include "exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "departures.h"
#include "exchange_link.h"
#include "helper.h"
#include "log.h"
#include "result.h"
#include "seqpacket.h"

#define PAUSE_MS 200
#define FOREIGN_UID 65534 /* how a user namespace shows everybody it does not know */

struct exchange {
	struct helper *helper;
	int fd;
	struct event *readable;
	struct event *pause;
	struct exchange_links links;
	uid_t peer;
	bool or_own;
};

static bool is_welcome(const struct exchange *exchange, int fd)
{
	uid_t uid;

	if (seqpacket_peer(fd, &uid) < 0)
		return false;
	if (uid != FOREIGN_UID &&
		(uid == 0 || uid == exchange->peer || (exchange->or_own && uid == geteuid())))
		return true;
	log_limited("uid %u may not use the socket", uid);
	return false;
}

static void on_connection(int listener, short what, void *context)
{
	struct exchange *exchange = context;
	struct timeval pause = {.tv_usec = PAUSE_MS * 1000};
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	if (fd < 0) {
		if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
			return;
		/* Out of descriptors or memory: the next try would fail at once, too. */
		log_limited("accept: %s", strerror(errno));
		if (event_add(exchange->pause, &pause) == 0)
			(void)event_del(exchange->readable);
		return;
	}
	if (!is_welcome(exchange, fd))
		close(fd);
	else if (exchange_link_open(exchange->helper, &exchange->links, fd) < 0)
		log_limited("no memory for a connection");
}

static void on_pause_over(int fd, short what, void *context)
{
	struct exchange *exchange = context;

	(void)fd;
	(void)what;
	if (event_add(exchange->readable, NULL) < 0)
		log_line("the socket is no longer listened to: out of memory");
}

struct exchange *exchange_create(struct helper *helper, int fd)
{
	struct exchange *exchange = calloc(1, sizeof(*exchange));

	if (exchange == NULL) {
		close(fd);
		return NULL;
	}
	TAILQ_INIT(&exchange->links);
	exchange->helper = helper;
	exchange->fd = fd;
	helper->departures = departures_create(helper->base);
	exchange->readable =
		event_new(helper->base, fd, EV_READ | EV_PERSIST, on_connection, exchange);
	exchange->pause = evtimer_new(helper->base, on_pause_over, exchange);
	if (helper->departures == NULL || exchange->readable == NULL || exchange->pause == NULL ||
		event_add(exchange->readable, NULL) < 0)
		exchange_free(&exchange);
	return exchange;
}

void exchange_free(struct exchange **exchange)
{
	struct exchange_link *link;

	if (*exchange == NULL)
		return;
	while ((link = TAILQ_FIRST(&(*exchange)->links)) != NULL)
		exchange_link_close(&link, 503);
	if ((*exchange)->readable != NULL)
		event_free((*exchange)->readable);
	if ((*exchange)->pause != NULL)
		event_free((*exchange)->pause);
	departures_free(&(*exchange)->helper->departures);
	close((*exchange)->fd);
	free(*exchange);
	*exchange = NULL;
}

void exchange_set_peer(struct exchange *exchange, uid_t peer, bool or_own)
{
	exchange->peer = peer;
	exchange->or_own = or_own;
}

void exchange_stop(struct exchange *exchange, int status)
{
	struct exchange_link *link;

	(void)event_del(exchange->readable);
	(void)event_del(exchange->pause);
	TAILQ_FOREACH(link, &exchange->links, entries)
	{
		if (link->login != NULL)
			result_answer_all(exchange->helper->settings, link->login, status);
	}
}
