#include "status.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "connection.h"
#include "helper.h"
#include "log.h"
#include "text.h"

struct status {
	struct helper *helper;
	int fd;
	struct event *readable;
};

static void add_number(struct text *text, const char *name, const char *type, const char *help,
	unsigned long long number)
{
	text_addf(text, "# HELP pam_wechat_%s %s\n# TYPE pam_wechat_%s %s\npam_wechat_%s %llu\n",
		name, help, name, type, name, number);
}

static void write_numbers(const struct helper *helper, int fd)
{
	char bytes[2048];
	struct text text;

	text_init(&text, bytes, sizeof(bytes));
	add_number(&text, "pending_logins", "gauge", "Logins that wait for a phone.",
		helper->logins.count);
	add_number(&text, "connections", "gauge", "Open connections of browsers or proxies.",
		connections_count(helper->connections));
	add_number(&text, "logins_started_total", "counter", "Logins that were registered.",
		helper->started);
	add_number(&text, "logins_completed_total", "counter", "Logins that a phone finished.",
		helper->completed);
	add_number(&text, "logins_refused_total", "counter", "Logins that somebody refused.",
		helper->refused);
	/* A fresh socket's buffer holds it; whoever does not read it loses it. */
	if (send(fd, bytes, text.length, MSG_NOSIGNAL) < 0)
		log_limited("status_socket: nobody reads it");
}

static void on_connection(int listener, short what, void *context)
{
	struct status *status = context;
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	if (fd >= 0) {
		write_numbers(status->helper, fd);
		close(fd);
		return;
	}
	if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
		return;
	/* Numbers are not worth a busy loop: it is listened to again after the next restart. */
	log_line("status_socket: no longer served: out of descriptors");
	(void)event_del(status->readable);
}

struct status *status_create(struct helper *helper, int fd)
{
	struct status *status = calloc(1, sizeof(*status));

	if (status == NULL) {
		close(fd);
		return NULL;
	}
	status->helper = helper;
	status->fd = fd;
	status->readable = event_new(helper->base, fd, EV_READ | EV_PERSIST, on_connection, status);
	if (status->readable == NULL || event_add(status->readable, NULL) < 0)
		status_free(&status);
	return status;
}

void status_free(struct status **status)
{
	if (*status == NULL)
		return;
	if ((*status)->readable != NULL)
		event_free((*status)->readable);
	close((*status)->fd);
	free(*status);
	*status = NULL;
}
