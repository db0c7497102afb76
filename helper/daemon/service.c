#include "service.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/http.h>

#include "connection.h"
#include "exchange.h"
#include "helper.h"
#include "listening.h"
#include "log.h"
#include "privileges.h"
#include "random.h"
#include "problem.h"
#include "rate_limit.h"
#include "reply.h"
#include "seqpacket.h"
#include "settings.h"
#include "status.h"
#include "systemd.h"
#include "web.h"

#define STOP_MS 1500
#define SPARE_FILES 64

struct service {
	struct helper helper;
	const char *path;
	bool as_root;
	char *own_socket;       /* the path of the one that we made; NULL: systemd did */
	struct stat own_status; /* which file it is */
	uid_t peer;
	int socket_fd, http_fd, status_fd;
	struct evhttp *http;
	struct status *status;
	struct event *hangup, *terminate, *interrupt, *stop_timer;
	bool done;
};

/*
 * Figures are worth less than logins: without its status socket the helper runs all the same. Only
 * root may give the socket another group than our own.
 */
static void open_status(struct service *service, gid_t group)
{
	struct problem problem = {.text = ""};

	service->status_fd = listening_status(service->helper.settings->status_socket,
		service->as_root ? group : (gid_t)-1, &problem);
	if (service->status_fd < 0)
		log_line("status_socket is not served: %s", problem.text);
}

/* Without it, for want of memory, the file stays: the next helper replaces it. */
static void keep_own_socket(struct service *service)
{
	service->own_socket = strdup(service->helper.settings->socket);
	if (service->own_socket != NULL && lstat(service->own_socket, &service->own_status) < 0) {
		free(service->own_socket);
		service->own_socket = NULL;
	}
}

/* What may need root. */
static int open_sockets(struct service *service, struct problem *problem)
{
	const struct settings *settings = service->helper.settings;
	gid_t group = (gid_t)-1;
	int rv = privileges_find_peer(
		settings->peer_user, service->as_root, &service->peer, &group, problem);

	if (rv < 0)
		return rv;
	service->socket_fd = systemd_take("helper.sock", SYSTEMD_LOGINS);
	if (service->socket_fd < 0) {
		rv = service->socket_fd = seqpacket_listen(settings->socket, group, problem);
		if (rv >= 0)
			keep_own_socket(service);
	}
	if (rv < 0)
		return rv;
	service->http_fd = systemd_take("http", SYSTEMD_HTTP);
	if (service->http_fd < 0)
		rv = service->http_fd = listening_http(settings->listen, problem);
	if (rv < 0)
		return rv;
	if (settings->status_socket != NULL)
		open_status(service, group);
	return 0;
}

/* What `part` of `all` gets of these files: at least one. */
static long share_of(long files, long part, long all)
{
	long share = files * part / all;

	return share < 1 ? 1 : share;
}

static void apply_limits(struct service *service)
{
	const struct settings *settings = service->helper.settings;
	long logins = settings->max_pending;
	long connections = settings->max_connections;
	long wanted = logins + connections + SPARE_FILES;
	long allowed = privileges_raise_files(wanted);

	/* Each gets its share: idle connections must not keep logins out. */
	if (allowed < wanted) {
		long files = allowed < 2 * SPARE_FILES ? allowed / 2 : allowed - SPARE_FILES;
		long all = logins + connections;

		logins = share_of(files, logins, all);
		connections = share_of(files, connections, all);
		log_line("%ld open files are allowed, and max_pending and max_connections need "
			 "%ld: %ld logins and %ld connections have a place",
			allowed, wanted, logins, connections);
	}
	service->helper.logins.limit = (size_t)logins;
	service->helper.logins.origin_limit = (size_t)settings->origin_pending;
	service->helper.logins.finished.limit = (size_t)settings->max_pending;
	connections_limit(service->helper.connections, connections, settings->request_seconds);
}

static void on_stop_timer(int fd, short what, void *context)
{
	struct service *service = context;

	(void)fd;
	(void)what;
	service->done = true;
}

static void on_terminate(int number, short what, void *context)
{
	struct service *service = context;
	struct timeval limit = {.tv_sec = STOP_MS / 1000, .tv_usec = STOP_MS % 1000 * 1000};

	(void)what;
	if (service->helper.stopping)
		return;
	log_line("stopping: %s", strsignal(number));
	(void)systemd_notify("STOPPING=1");
	service->helper.stopping = true;
	connections_close(service->helper.connections);
	exchange_stop(service->helper.exchange, 503);
	if (event_add(service->stop_timer, &limit) < 0)
		service->done = true;
}

static void reload(struct service *service)
{
	struct settings *fresh = NULL;
	struct problem problem = {.text = ""};
	const char *changed[SETTINGS_FIXED_MAX];
	size_t count;
	gid_t group;
	uid_t peer;
	int rv = settings_load(service->path, &fresh, &problem);

	/* It changes with the next start only, which is not to fail. */
	if (rv == 0)
		rv = privileges_find_peer(
			fresh->peer_user, service->as_root, &peer, &group, &problem);
	if (rv < 0) {
		log_line("the old configuration stays: %s", problem.text);
		settings_free(&fresh);
		return;
	}
	count = settings_keep_fixed(service->helper.settings, fresh, changed);
	for (size_t i = 0; i < count; i++)
		log_line("%s changes with the next restart only", changed[i]);
	settings_free(&service->helper.settings);
	service->helper.settings = fresh;
	apply_limits(service);
	log_line("the configuration was read anew");
}

static void on_hangup(int number, short what, void *context)
{
	struct service *service = context;

	(void)number;
	(void)what;
	systemd_notify_reloading();
	reload(service);
	(void)systemd_notify("READY=1");
}

static struct event *catch (struct service *service, int number, event_callback_fn callback)
{
	struct event *event = evsignal_new(service->helper.base, number, callback, service);

	if (event != NULL && event_add(event, NULL) < 0) {
		event_free(event);
		event = NULL;
	}
	return event;
}

/* Sets up everything that runs without root. Returns 0 or -errno. */
static int start(struct service *service)
{
	struct helper *helper = &service->helper;
	int rv;

	rv = logins_init(&helper->logins, (size_t)helper->settings->max_pending,
		(size_t)helper->settings->origin_pending);
	if (rv < 0)
		return rv;
	rv = random_token(helper->instance, HELPER_INSTANCE_LENGTH, RANDOM_HEX);
	if (rv < 0)
		return rv;
	rv = rate_limit_init(&helper->rate_limit);
	if (rv < 0)
		return rv;
	helper->base = event_base_new();
	if (helper->base == NULL)
		return -ENOMEM;
	helper->connections = connections_create(helper->base, reply_write_error, helper);
	if (helper->connections == NULL)
		return -ENOMEM;
	apply_limits(service);
	helper->exchange = exchange_create(helper, service->socket_fd);
	service->socket_fd = -1;
	if (helper->exchange == NULL)
		return -ENOMEM;
	exchange_set_peer(helper->exchange, service->peer, !service->as_root);
	service->http = web_create(helper, service->http_fd);
	service->http_fd = -1;
	if (service->http == NULL)
		return -ENOMEM;
	if (service->status_fd >= 0) {
		service->status = status_create(helper, service->status_fd);
		service->status_fd = -1;
		if (service->status == NULL)
			return -ENOMEM;
	}
	service->stop_timer = evtimer_new(helper->base, on_stop_timer, service);
	service->hangup = catch (service, SIGHUP, on_hangup);
	service->terminate = catch (service, SIGTERM, on_terminate);
	service->interrupt = catch (service, SIGINT, on_terminate);
	return service->stop_timer == NULL || service->hangup == NULL ||
	                       service->terminate == NULL || service->interrupt == NULL
	               ? -ENOMEM
	               : 0;
}

static void loop(struct service *service)
{
	struct helper *helper = &service->helper;

	while (!service->done) {
		if (event_base_loop(helper->base, EVLOOP_ONCE) < 0)
			break;
		connections_settle(helper->connections);
		status_settle(service->status);
		if (helper->stopping && connections_count(helper->connections) == 0)
			break;
	}
}

static void free_event(struct event *event)
{
	if (event != NULL)
		event_free(event);
}

/* Another file may stand at this path by now. */
static void remove_own_socket(struct service *service)
{
	struct stat status;

	/* In a directory of root's we no longer may: the next helper replaces it. */
	if (service->own_socket != NULL && lstat(service->own_socket, &status) == 0 &&
		status.st_dev == service->own_status.st_dev &&
		status.st_ino == service->own_status.st_ino)
		(void)unlink(service->own_socket);
	free(service->own_socket);
}

static void finish(struct service *service)
{
	struct helper *helper = &service->helper;
	sigset_t all;

	/* A second SIGTERM must not end what is just being put away. */
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
	exchange_free(&helper->exchange);
	if (service->http != NULL)
		evhttp_free(service->http);
	if (helper->connections != NULL)
		connections_free(&helper->connections);
	status_free(&service->status);
	free_event(service->stop_timer);
	free_event(service->hangup);
	free_event(service->terminate);
	free_event(service->interrupt);
	if (helper->base != NULL)
		event_base_free(helper->base);
	logins_finish(&helper->logins);
	rate_limit_finish(&helper->rate_limit);
	if (service->socket_fd >= 0)
		close(service->socket_fd);
	if (service->http_fd >= 0)
		close(service->http_fd);
	if (service->status_fd >= 0)
		close(service->status_fd);
	remove_own_socket(service);
	settings_free(&helper->settings);
}

int service_run(const char *path, struct settings **settings, struct problem *problem)
{
	struct service service = {
		.path = path,
		.as_root = geteuid() == 0,
		.socket_fd = -1,
		.http_fd = -1,
		.status_fd = -1,
	};
	int rv;

	service.helper.settings = *settings;
	*settings = NULL;
	rv = open_sockets(&service, problem);
	if (rv == 0)
		(void)privileges_raise_files(service.helper.settings->max_pending +
					     service.helper.settings->max_connections +
					     SPARE_FILES);
	if (rv == 0)
		rv = privileges_drop(service.helper.settings->user, problem);
	if (rv < 0)
		goto out;
	listening_log(service.http_fd);
	rv = start(&service);
	if (rv < 0) {
		problem_set(problem, rv, "starting: %s", strerror(-rv));
		goto out;
	}
	(void)systemd_notify("READY=1");
	loop(&service);
out:
	finish(&service);
	return rv;
}
