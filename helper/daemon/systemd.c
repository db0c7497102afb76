#include "systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "text.h"

#define FIRST_FD 3

/* $LISTEN_FDS, if $LISTEN_PID says that it is meant for us. */
static int count_passed(void)
{
	const char *pid = getenv("LISTEN_PID");
	const char *count = getenv("LISTEN_FDS");
	char own[16];

	if (pid == NULL || count == NULL || text_format(own, sizeof(own), "%d", getpid()) < 0 ||
		strcmp(pid, own) != 0 || count[0] < '1' || count[0] > '9' || count[1] != '\0')
		return 0;
	return count[0] - '0';
}

/* It may have been passed blocking, and to be kept across exec. */
static int adopt(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
		fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -1;
	return fd;
}

static int option_of(int fd, int option)
{
	int value = -1;
	socklen_t length = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &length) < 0 ? -1 : value;
}

static bool is_of_kind(int fd, enum systemd_kind kind)
{
	int domain = option_of(fd, SO_DOMAIN);
	int type = option_of(fd, SO_TYPE);

	if (option_of(fd, SO_ACCEPTCONN) != 1)
		return false;
	if (kind == SYSTEMD_LOGINS)
		return domain == AF_UNIX && type == SOCK_SEQPACKET;
	return (domain == AF_INET || domain == AF_INET6) && type == SOCK_STREAM;
}

int systemd_take(const char *name, enum systemd_kind kind)
{
	const char *at = getenv("LISTEN_FDNAMES");
	int count = count_passed();

	for (int fd = FIRST_FD; fd < FIRST_FD + count && at != NULL; fd++) {
		size_t length = strcspn(at, ":");

		if (strlen(name) == length && memcmp(at, name, length) == 0) {
			if (is_of_kind(fd, kind))
				return adopt(fd);
			log_line("the socket %s of systemd is not used: it does not listen for %s",
				name, kind == SYSTEMD_HTTP ? "TCP" : "logins (SOCK_SEQPACKET)");
		}
		at += length;
		at = *at == ':' ? at + 1 : NULL;
	}
	return kind == SYSTEMD_LOGINS && count == 1 && is_of_kind(FIRST_FD, kind) ? adopt(FIRST_FD)
	                                                                          : -1;
}

int systemd_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = path == NULL ? 0 : strlen(path);
	ssize_t sent;
	int fd, rv;

	if (length == 0)
		return 0;
	if ((path[0] != '/' && path[0] != '@') || length >= sizeof(address.sun_path))
		return -EINVAL;
	memcpy(address.sun_path, path, length);
	if (path[0] == '@')
		address.sun_path[0] = '\0'; /* an abstract name */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
	rv = sent < 0 ? -errno : 0;
	close(fd);
	return rv;
}

void systemd_notify_reloading(void)
{
	struct timespec now;
	char state[80];

	if (clock_gettime(CLOCK_MONOTONIC, &now) == 0 &&
		text_format(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%lld",
			(long long)now.tv_sec * 1000000 + now.tv_nsec / 1000) == 0)
		(void)systemd_notify(state);
}
