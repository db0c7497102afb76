#include "exchange_link.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "deadline.h"
#include "departures.h"
#include "helper.h"
#include "log.h"
#include "login.h"
#include "peer.h"
#include "progress.h"
#include "reason.h"
#include "result.h"
#include "settings.h"
#include "token.h"
#include "wire.h"

#define REGISTER_MS 5000
#define EXPIRED_MS 200 /* the child has the same deadline, and may act on it first */

static void send_rejected(struct exchange_link *link, enum reason reason, const char *detail)
{
	struct wire_message message = {.verb = WIRE_REJECTED};

	message.value[WIRE_REASON] = reason_word(reason);
	message.value[WIRE_DETAIL] = detail;
	/* It is closed next: a child that can't be told learns it from that. */
	(void)wire_send(link->peer.fd, &message);
}

static int set_timer(struct exchange_link *link, int ms)
{
	struct timeval limit = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	return event_add(link->peer.timer, &limit);
}

/* The connection that registered this login. */
static struct exchange_link *find_link(const struct login *login)
{
	return (struct exchange_link *)(void *)((char *)login->peer -
						offsetof(struct exchange_link, peer));
}

/* Sends away whoever has to go for a login of this origin. */
static void make_room(struct helper *helper, const char *origin_name)
{
	struct login *login;

	while ((login = logins_find_excess(&helper->logins, origin_name)) != NULL) {
		struct exchange_link *link = find_link(login);

		log_limited("login=%.6s gives way: too many are pending", login->id);
		send_rejected(link, REASON_FULL, "too many logins are pending");
		exchange_link_close(&link, 404);
	}
}

/* Returns 0, or -errno after the reason was sent. */
static int add_login(struct exchange_link *link, const struct wire_message *message)
{
	struct helper *helper = link->helper;
	struct login *login = NULL;
	const char *fault = NULL;
	int rv = login_create(message, helper->settings->public_url, &login, &fault);

	if (rv < 0)
		goto out;
	rv = -EEXIST;
	if (logins_find_link(&helper->logins, login->id) != NULL ||
		logins_find_state(&helper->logins, login->state) != NULL) {
		fault = "a login with this state or link lives on another connection";
		goto out;
	}
	make_room(helper, login->origin_name);
	rv = logins_add(&helper->logins, login);
	if (rv < 0)
		goto out;
	login->peer = &link->peer;
	link->peer.version = wire_version(message);
	link->login = login;
	if (set_timer(link, deadline_left(login->deadline)) < 0)
		return -ENOMEM;
	return 0;
out:
	login_free(&login);
	send_rejected(link, fault == NULL ? REASON_INTERNAL : REASON_REJECTED, fault);
	log_limited("a login was not taken: %s", fault == NULL ? strerror(-rv) : fault);
	return rv;
}

static int take_register(struct exchange_link *link, const struct wire_message *message)
{
	struct wire_message registered = {.verb = WIRE_REGISTERED};
	struct helper *helper = link->helper;
	int version = wire_version(message);
	int rv;

	if (version < WIRE_VERSION - 1)
		return -EBADMSG;
	if (helper->stopping)
		return -ECONNRESET;
	rv = add_login(link, message);
	if (rv < 0)
		return rv;
	metrics_start(helper_metrics(helper, link->login), link->login->origin_name);
	if (login_is_check(link->login))
		log_line("login=%.6s is a check by pam-wechat doctor", link->login->id);
	/* The version before does not know the key. */
	if (version == WIRE_VERSION)
		registered.value[WIRE_INSTANCE] = helper->instance;
	return wire_send(link->peer.fd, &registered);
}

/* A child tells of a module that died when its login was no longer here. Returns -errno: that is
 * all. */
static int take_lost(struct exchange_link *link, const struct wire_message *message)
{
	const char *name = message->value[WIRE_NAME];
	enum progress phone = PROGRESS_NONE;

	if (!token_is_name(name) || progress_parse(message->value[WIRE_PHONE], &phone) < 0)
		return -EBADMSG;
	departures_note(link->helper->departures, name, phone);
	return -ESHUTDOWN;
}

static int take_ended(struct exchange_link *link, const struct wire_message *message)
{
	struct metrics *metrics = helper_metrics(link->helper, link->login);

	link->has_ended = true;
	link->reason = reason_parse(message->value[WIRE_REASON]);
	if (!login_enrols(link->login) && !login_is_check(link->login))
		metrics_end(metrics, link->reason);
	return 0;
}

static int handle(struct exchange_link *link, const struct wire_message *message)
{
	struct helper *helper = link->helper;
	struct metrics *metrics = helper_metrics(helper, link->login);

	if (link->login == NULL && message->verb == WIRE_LOST)
		return take_lost(link, message);
	if (link->login == NULL)
		return message->verb == WIRE_REGISTER ? take_register(link, message) : -EBADMSG;
	if (message->verb == WIRE_RESULT)
		return result_take(helper->settings, metrics, link->login, message);
	return message->verb == WIRE_ENDED ? take_ended(link, message) : -EBADMSG;
}

/*
 * Whether it falls to us to say that this login ended: the child is gone without a word, so the
 * module is. Children of version 1 never say a word, and who enrols or checks signs nobody in.
 */
static bool is_departure(const struct exchange_link *link)
{
	return link->login != NULL && link->peer.is_gone && !link->has_ended &&
	       link->peer.version > 1 && !login_enrols(link->login) && !login_is_check(link->login);
}

/* Closes a connection that ended by itself, or whose time is up. */
static void end(struct exchange_link *link)
{
	const struct login *login = link->login;

	if (is_departure(link)) {
		departures_note(link->helper->departures, login->id, login->phone);
		metrics_end(helper_metrics(link->helper, login), REASON_INTERRUPTED);
	}
	if (login != NULL && login->winner == NULL && !login->reported &&
		(link->reason == REASON_EXPIRED || deadline_left(login->deadline) <= EXPIRED_MS))
		helper_metrics(link->helper, login)->expired++;
	exchange_link_close(&link, 404);
}

static void on_readable(int fd, short what, void *context)
{
	struct exchange_link *link = context;
	struct wire_inbox inbox;
	int rv = wire_receive(fd, &inbox);

	(void)what;
	if (rv == 0)
		rv = handle(link, &inbox.message);
	if (rv == -EPROTO) {
		send_rejected(
			link, REASON_HELPER, "restart the helper: it is older than the module");
		log_limited(
			"a login was not taken: the module is newer than the helper: restart it");
	}
	if (rv == -EBADMSG)
		log_limited("a message that nobody understands came in on the socket");
	link->peer.is_gone = rv == -ECONNRESET;
	if (rv < 0 && rv != -EAGAIN)
		end(link);
	wire_inbox_wipe(&inbox);
}

static void on_timer(int fd, short what, void *context)
{
	(void)fd;
	(void)what;
	end(context);
}

int exchange_link_open(struct helper *helper, struct exchange_links *all, int fd)
{
	struct exchange_link *link = calloc(1, sizeof(*link));

	if (link == NULL) {
		close(fd);
		return -ENOMEM;
	}
	link->helper = helper;
	link->all = all;
	link->peer.fd = fd;
	TAILQ_INSERT_TAIL(all, link, entries);
	link->readable = event_new(helper->base, fd, EV_READ | EV_PERSIST, on_readable, link);
	link->peer.timer = evtimer_new(helper->base, on_timer, link);
	if (link->readable == NULL || link->peer.timer == NULL ||
		event_add(link->readable, NULL) < 0 || set_timer(link, REGISTER_MS) < 0) {
		exchange_link_close(&link, 404);
		return -ENOMEM;
	}
	return 0;
}

void exchange_link_close(struct exchange_link **link, int status)
{
	struct login *login = (*link)->login;

	if (login != NULL) {
		result_answer_all((*link)->helper->settings, login, status);
		logins_remove(&(*link)->helper->logins, login);
		login_free(&login);
	}
	TAILQ_REMOVE((*link)->all, *link, entries);
	if ((*link)->readable != NULL)
		event_free((*link)->readable);
	if ((*link)->peer.timer != NULL)
		event_free((*link)->peer.timer);
	close((*link)->peer.fd);
	free(*link);
	*link = NULL;
}
