#include "server.h"

#include <unistd.h>

#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>

#include "connection.h"

struct evhttp *server_create(struct event_base *base, struct connections *connections, int fd)
{
	struct evhttp *http = evhttp_new(base);
	struct evconnlistener *listener = evconnlistener_new(
		base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);

	if (listener == NULL)
		close(fd);
	if (http == NULL || listener == NULL || evhttp_bind_listener(http, listener) == NULL)
		goto out;
	connections_watch(connections, http, listener);
	return http;
out:
	if (listener != NULL)
		evconnlistener_free(listener);
	if (http != NULL)
		evhttp_free(http);
	return NULL;
}
