#include "listening.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "address.h"
#include "log.h"
#include "problem.h"
#include "safe_file.h"

/*
 * Binds to an address that may not be there yet: at boot a network can come up after us. Returns 0
 * or -1, with errno set.
 */
static int bind_early(
	int fd, const struct sockaddr_storage *address, socklen_t length, const char *shown)
{
	int on = 1;
	int rv;

	if (bind(fd, (const struct sockaddr *)address, length) == 0)
		return 0;
	if (errno != EADDRNOTAVAIL)
		return -1;
	rv = address->ss_family == AF_INET
	             ? setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof(on))
	             : setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof(on));
	if (rv < 0 || bind(fd, (const struct sockaddr *)address, length) < 0)
		return -1;
	log_line("listen: %s: this machine does not have this address yet", shown);
	return 0;
}

int listening_http(const char *address, struct problem *problem)
{
	struct sockaddr_storage socket_address;
	socklen_t length = 0;
	int on = 1;
	int fd;

	if (address_parse_listen(address, &socket_address, &length) < 0)
		return problem_set(problem, -EINVAL, "listen: %s is no address", address);
	fd = socket(socket_address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return problem_set(problem, -errno, "socket: %s", strerror(errno));
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
		bind_early(fd, &socket_address, length, address) < 0 || listen(fd, 511) < 0) {
		int rv = problem_set(problem, -errno, "listen: %s: %s", address, strerror(errno));

		close(fd);
		return rv;
	}
	return fd;
}

/* Nobody but a helper makes sockets there: the directory is trusted. Returns 0 or -errno. */
static int remove_socket(int directory, const char *name)
{
	struct stat status;

	if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(status.st_mode))
		return -EEXIST;
	return unlinkat(directory, name, 0) < 0 ? -errno : 0;
}

int listening_status(const char *path, gid_t group, struct problem *problem)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *name = NULL;
	int directory = -1;
	int fd = -1;
	int rv;

	if (strlen(path) >= sizeof(address.sun_path))
		return problem_set(problem, -ENAMETOOLONG, "%s: too long for a socket", path);
	strcpy(address.sun_path, path);
	directory = safe_file_open_directory_of(path, &name, problem);
	if (directory < 0)
		return directory;
	rv = remove_socket(directory, name);
	if (rv < 0)
		goto out;
	rv = fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 && (fchmod(fd, 0600) < 0 ||
			       bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
			       (group != (gid_t)-1 && fchownat(directory, name, (uid_t)-1, group,
							      AT_SYMLINK_NOFOLLOW) < 0) ||
			       fchmodat(directory, name, 0660, 0) < 0 || listen(fd, 16) < 0))
		rv = -errno;
	else if (fd < 0)
		rv = -errno;
out:
	close(directory);
	if (rv >= 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return problem_set(problem, rv, "%s: %s", path, strerror(-rv));
}

void listening_log(int fd)
{
	struct sockaddr_storage address;
	struct in6_addr shown;
	char string[INET6_ADDRSTRLEN];
	socklen_t length = sizeof(address);
	unsigned int port;

	if (getsockname(fd, (struct sockaddr *)&address, &length) < 0 ||
		address_from_socket((struct sockaddr *)&address, &shown) < 0)
		return;
	port = address.ss_family == AF_INET
	               ? ntohs(((struct sockaddr_in *)(void *)&address)->sin_port)
	               : ntohs(((struct sockaddr_in6 *)(void *)&address)->sin6_port);
	address_show(&shown, string);
	log_line(strchr(string, ':') == NULL ? "listening on http://%s:%u"
					     : "listening on http://[%s]:%u",
		string, port);
}
