#include "status.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "connection.h"
#include "deadline.h"
#include "helper.h"
#include "log.h"
#include "metrics.h"
#include "text.h"

#define CLIENTS_MAX 16
#define REQUEST_MAX 4096
#define REQUEST_MS 1000
#define SILENCE_MS 200

struct client {
	TAILQ_ENTRY(client) entries;
	struct status *status;
	int fd;
	struct event *readable;
	struct deadline deadline;
	size_t length;
	char bytes[REQUEST_MAX];
};

struct status {
	struct helper *helper;
	int fd;
	struct event *readable;
	TAILQ_HEAD(, client) clients;
	size_t count;
};

static void client_free(struct client **client)
{
	struct status *status = (*client)->status;

	TAILQ_REMOVE(&status->clients, *client, entries);
	status->count--;
	if ((*client)->readable != NULL)
		event_free((*client)->readable);
	close((*client)->fd);
	free(*client);
	*client = NULL;
	/* There is room again, for one at least. */
	(void)event_add(status->readable, NULL);
}

static bool is_http(const struct client *client)
{
	return client->length >= 4 && memcmp(client->bytes, "GET ", 4) == 0;
}

static bool is_whole(const struct client *client)
{
	return client->length == sizeof(client->bytes) ||
	       memmem(client->bytes, client->length, "\r\n\r\n", 4) != NULL;
}

static void answer(const struct client *client)
{
	const struct helper *helper = client->status->helper;
	char head[256] = "";
	char body[METRICS_MAX];
	struct text text;
	int rv;

	text_init(&text, body, sizeof(body));
	metrics_write(&helper->metrics, helper->logins.count,
		connections_count(helper->connections), &text);
	rv = text_finish(&text);
	if (rv == 0 && is_http(client))
		rv = text_format(head, sizeof(head),
			"HTTP/1.1 200 OK\r\n"
			"Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
			"Content-Length: %zu\r\nConnection: close\r\n\r\n",
			text.length);
	/* A fresh socket's buffer holds it; whoever does not read it loses it. */
	if (rv < 0 || send(client->fd, head, strlen(head), MSG_NOSIGNAL) < 0 ||
		send(client->fd, body, text.length, MSG_NOSIGNAL) < 0)
		log_limited("status_socket: nobody reads it");
}

/* Returns whether there is more to wait for. */
static bool wait_on(struct client *client)
{
	int ms = client->length == 0 ? SILENCE_MS : deadline_left(client->deadline);
	struct timeval limit = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	return ms > 0 && event_add(client->readable, &limit) == 0;
}

static void on_client(int fd, short what, void *context)
{
	struct client *client = context;
	ssize_t rv = 0;

	if ((what & EV_READ) != 0)
		rv = recv(fd, client->bytes + client->length,
			sizeof(client->bytes) - client->length, 0);
	if (rv > 0)
		client->length += (size_t)rv;
	if (((rv > 0 && !is_whole(client)) || (rv < 0 && errno == EAGAIN)) && wait_on(client))
		return;
	answer(client);
	client_free(&client);
}

static void client_create(struct status *status, int fd)
{
	struct client *client = calloc(1, sizeof(*client));

	if (client == NULL) {
		close(fd);
		return;
	}
	client->status = status;
	client->fd = fd;
	client->deadline = deadline_in(REQUEST_MS);
	TAILQ_INSERT_TAIL(&status->clients, client, entries);
	status->count++;
	client->readable = event_new(status->helper->base, fd, EV_READ, on_client, client);
	if (client->readable == NULL || !wait_on(client))
		client_free(&client);
}

static void on_connection(int listener, short what, void *context)
{
	struct status *status = context;
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	if (fd >= 0) {
		client_create(status, fd);
		/* The others wait in line: each of these ends within a second. */
		if (status->count >= CLIENTS_MAX)
			(void)event_del(status->readable);
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
	TAILQ_INIT(&status->clients);
	status->readable = event_new(helper->base, fd, EV_READ | EV_PERSIST, on_connection, status);
	if (status->readable == NULL || event_add(status->readable, NULL) < 0)
		status_free(&status);
	return status;
}

void status_free(struct status **status)
{
	struct client *client;

	if (*status == NULL)
		return;
	while ((client = TAILQ_FIRST(&(*status)->clients)) != NULL)
		client_free(&client);
	if ((*status)->readable != NULL)
		event_free((*status)->readable);
	close((*status)->fd);
	free(*status);
	*status = NULL;
}
