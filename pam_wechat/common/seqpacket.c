#include "seqpacket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "problem.h"
#include "safe_file.h"

static int make_address(const char *path, struct sockaddr_un *address, struct problem *problem)
{
	size_t length = strlen(path);

	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if (length >= sizeof(address->sun_path))
		return problem_set(problem, -ENAMETOOLONG,
			"%s: the path of a socket has at most %zu bytes", path,
			sizeof(address->sun_path) - 1);
	memcpy(address->sun_path, path, length + 1);
	return 0;
}

/* Judges what is bound as `name` in `directory`. */
static int judge_socket(int directory, const char *name, const char *path, struct problem *problem)
{
	struct stat status;

	if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return problem_set(problem, -errno, "%s: %s", path, strerror(errno));
	if (!S_ISSOCK(status.st_mode))
		return problem_set(problem, -EPERM, "%s: not a socket", path);
	if (status.st_uid != 0 && status.st_uid != geteuid())
		return problem_set(problem, -EPERM, "%s: belongs to uid %u; it must belong to root",
			path, status.st_uid);
	if ((status.st_mode & S_IRWXO) != 0)
		return problem_set(
			problem, -EPERM, "%s: others may use it: its mode must be 0660", path);
	return 0;
}

static int new_socket(struct problem *problem)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd >= 0 ? fd : problem_set(problem, -errno, "socket: %s", strerror(errno));
}

int seqpacket_connect(const char *path, struct problem *problem)
{
	struct sockaddr_un address;
	const char *name = NULL;
	int directory = -1;
	int fd = -1;
	int rv;

	rv = make_address(path, &address, problem);
	if (rv < 0)
		return rv;
	directory = safe_file_open_directory_of(path, &name, problem);
	if (directory < 0)
		return directory;
	rv = judge_socket(directory, name, path, problem);
	if (rv < 0)
		goto out;
	fd = new_socket(problem);
	if (fd < 0) {
		rv = fd;
		goto out;
	}
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		rv = problem_set(problem, -errno, "%s: connect: %s", path, strerror(errno));
out:
	close(directory);
	if (rv < 0) {
		if (fd >= 0)
			close(fd);
		return rv;
	}
	return fd;
}

/* Removes a socket of ours that nobody listens to. Returns 0 if the name is free now. */
static int remove_stale(int directory, const char *name, const char *path, int fd,
	const struct sockaddr_un *address, struct problem *problem)
{
	struct stat status;
	int rv;

	if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		return 0;
	rv = judge_socket(directory, name, path, problem);
	if (rv < 0)
		return rv;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
		errno != ECONNREFUSED)
		return problem_set(
			problem, -EADDRINUSE, "%s: another helper is listening there", path);
	if (unlinkat(directory, name, 0) < 0)
		return problem_set(problem, -errno, "%s: unlink: %s", path, strerror(errno));
	return 0;
}

int seqpacket_listen(const char *path, gid_t group, struct problem *problem)
{
	struct sockaddr_un address;
	const char *name = NULL;
	int directory = -1;
	int probe = -1;
	int fd = -1;
	int rv;

	rv = make_address(path, &address, problem);
	if (rv < 0)
		return rv;
	directory = safe_file_open_directory_of(path, &name, problem);
	if (directory < 0)
		return directory;
	rv = probe = new_socket(problem);
	if (probe < 0)
		goto out;
	rv = remove_stale(directory, name, path, probe, &address, problem);
	if (rv < 0)
		goto out;
	rv = fd = new_socket(problem);
	if (fd < 0)
		goto out;
	/* The mode of the socket's inode, until it is listened to: nobody gets in between. */
	if (fchmod(fd, 0600) < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		fchownat(directory, name, (uid_t)-1, group, AT_SYMLINK_NOFOLLOW) < 0 ||
		fchmodat(directory, name, 0660, 0) < 0 || listen(fd, 128) < 0) {
		rv = problem_set(problem, -errno, "%s: %s", path, strerror(errno));
		goto out;
	}
	rv = 0;
out:
	close(directory);
	if (probe >= 0)
		close(probe);
	if (rv < 0) {
		if (fd >= 0)
			close(fd);
		return rv;
	}
	return fd;
}

int seqpacket_peer(int fd, uid_t *uid)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
		return -errno;
	*uid = peer.uid;
	return 0;
}
