#include "helper_status.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "deadline.h"
#include "decimal.h"
#include "problem.h"
#include "text.h"
#include "url.h"

#define ANSWER_MS 3000
#define ANSWER_SIZE 16384

static int connect_within(
	int fd, const struct sockaddr *address, socklen_t length, struct deadline deadline)
{
	int error = 0;
	socklen_t size = sizeof(error);
	int rv;

	if (connect(fd, address, length) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	rv = deadline_poll(deadline, fd, POLLOUT);
	if (rv < 0)
		return rv;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		return -errno;
	return -error;
}

/* Sends a request and reads to the end, or as much as fits. Returns 0 or -errno. */
static int exchange_text(const struct sockaddr *address, socklen_t length, const char *request,
	char *answer, size_t size)
{
	struct deadline deadline = deadline_in(ANSWER_MS);
	size_t count = 0;
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int rv;

	if (fd < 0)
		return -errno;
	rv = connect_within(fd, address, length, deadline);
	/* A fresh socket's buffer takes so short a request whole. */
	if (rv == 0 && send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
		rv = -errno;
	while (rv == 0 && count + 1 < size) {
		ssize_t got;

		rv = deadline_poll(deadline, fd, POLLIN);
		if (rv < 0)
			break;
		got = recv(fd, answer + count, size - 1 - count, 0);
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			rv = -errno;
		if (got == 0)
			break;
		if (got > 0)
			count += (size_t)got;
	}
	answer[count] = '\0';
	close(fd);
	return rv;
}

/* Reads the number behind a word of the answer; -1 if it isn't there. */
static long number_after(const char *answer, const char *word)
{
	const char *found = strstr(answer, word);
	int64_t number;

	if (found == NULL)
		return -1;
	found += strlen(word);
	number = decimal_parse(found, decimal_span(found), 0, LONG_MAX);
	return number < 0 ? -1 : (long)number;
}

/* "127.0.0.1:8080" or "[::1]:8080", which the helper has judged before. */
static int parse_address(const char *listen, struct sockaddr_storage *address, socklen_t *length)
{
	struct sockaddr_in *ipv4 = (struct sockaddr_in *)(void *)address;
	struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)(void *)address;
	char string[128];
	struct url url;

	memset(address, 0, sizeof(*address));
	if (text_format(string, sizeof(string), "http://%s", listen) < 0 ||
		url_parse(string, &url) < 0)
		return -EINVAL;
	if (inet_pton(AF_INET, url.host, &ipv4->sin_addr) == 1) {
		ipv4->sin_family = AF_INET;
		ipv4->sin_port = htons(url.port);
		*length = sizeof(*ipv4);
		return 0;
	}
	if (inet_pton(AF_INET6, url.host, &ipv6->sin6_addr) != 1)
		return -EINVAL;
	ipv6->sin6_family = AF_INET6;
	ipv6->sin6_port = htons(url.port);
	*length = sizeof(*ipv6);
	return 0;
}

int helper_status_ask_health(
	const char *listen, struct helper_status *helper_status, struct problem *problem)
{
	struct sockaddr_storage address;
	char answer[ANSWER_SIZE];
	socklen_t length = 0;
	const char *body, *version;
	int rv = parse_address(listen, &address, &length);

	if (rv == 0)
		rv = exchange_text((struct sockaddr *)&address, length,
			"GET /healthz HTTP/1.0\r\n\r\n", answer, sizeof(answer));
	if (rv < 0)
		return problem_set(problem, rv, "http://%s/healthz: %s", listen, strerror(-rv));
	body = strstr(answer, "\r\n\r\n");
	if (strncmp(answer, "HTTP/1.", 7) != 0 || body == NULL || strncmp(body + 4, "ok", 2) != 0)
		return problem_set(problem, -EPROTO,
			"http://%s/healthz: something else than the helper answers there", listen);
	helper_status->pending = number_after(body, "pending=");
	version = strstr(body, "version=");
	if (version != NULL)
		(void)text_format(helper_status->version, sizeof(helper_status->version), "%.*s",
			(int)strcspn(version + 8, " \r\n"), version + 8);
	return 0;
}

int helper_status_ask_metrics(
	const char *path, struct helper_status *helper_status, struct problem *problem)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char answer[ANSWER_SIZE];
	int rv = text_format(address.sun_path, sizeof(address.sun_path), "%s", path);

	if (rv == 0)
		rv = exchange_text((struct sockaddr *)&address, sizeof(address),
			"GET /metrics HTTP/1.0\r\n\r\n", answer, sizeof(answer));
	if (rv < 0)
		return problem_set(problem, rv, "%s: %s", path, strerror(-rv));
	helper_status->pending = number_after(answer, "\npam_wechat_pending_logins ");
	return helper_status->pending >= 0
	               ? 0
	               : problem_set(
				 problem, -EPROTO, "%s: these are not the helper's figures", path);
}
