#include "status.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/http.h>

#include "connection.h"
#include "helper.h"
#include "metrics.h"
#include "reply.h"
#include "request.h"
#include "server.h"
#include "text.h"

#define CLIENTS_MAX 16
#define CLIENT_SECONDS 1
#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define HINT "GET /metrics is all that is served here.\n"

struct status {
	const struct helper *helper;
	struct connections *connections;
	struct evhttp *http;
};

static void on_metrics(struct evhttp_request *http, void *context)
{
	const struct helper *helper = ((const struct status *)context)->helper;
	struct request request = {.http = http, .connection = connection_of(http)};
	struct reply reply = {.status = 200, .type = METRICS_TYPE};
	char body[METRICS_MAX];
	struct text text;

	text_init(&text, body, sizeof(body));
	metrics_write(&helper->metrics, helper->logins.count - helper->logins.checks,
		connections_count(helper->connections), &text);
	reply.body = body;
	reply.length = text.length;
	if (text_finish(&text) < 0) {
		reply.status = 500;
		reply.length = 0;
	}
	reply_send(&request, &reply);
}

/* A connection_error_cb. For want of memory the answer is cut short. */
static void write_error(int status, struct evbuffer *output, void *context)
{
	(void)context;
	(void)evbuffer_add_printf(output,
		"HTTP/1.1 %d Error\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n"
		"Connection: close\r\n\r\n" HINT,
		status, strlen(HINT));
}

struct status *status_create(const struct helper *helper, int fd)
{
	struct status *status = calloc(1, sizeof(*status));

	if (status != NULL) {
		status->helper = helper;
		status->connections = connections_create(helper->base, write_error, NULL);
	}
	if (status == NULL || status->connections == NULL) {
		close(fd);
		status_free(&status);
		return NULL;
	}
	connections_limit(status->connections, CLIENTS_MAX, CLIENT_SECONDS);
	status->http = server_create(helper->base, status->connections, fd);
	if (status->http == NULL ||
		evhttp_set_cb(status->http, "/metrics", on_metrics, status) < 0) {
		status_free(&status);
		return NULL;
	}
	evhttp_set_allowed_methods(status->http, EVHTTP_REQ_GET);
	return status;
}

void status_settle(struct status *status)
{
	if (status != NULL)
		connections_settle(status->connections);
}

void status_free(struct status **status)
{
	if (*status == NULL)
		return;
	if ((*status)->http != NULL)
		evhttp_free((*status)->http);
	if ((*status)->connections != NULL)
		connections_free(&(*status)->connections);
	free(*status);
	*status = NULL;
}
