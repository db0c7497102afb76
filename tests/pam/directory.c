/*
 * directory - users from elsewhere, for the tests: a library of the Name Service Switch, which
 * "directory" in /etc/nsswitch.conf loads. The folder $DIRECTORY says how it behaves:
 *
 *     people   "name:uid" a line
 *     manner   "here", "caseless" (names in any case are found), "unavailable", "tryagain"
 *     calls    gets a line for each look-up: the name or the uid
 *     gate     a fifo, if there is one: each look-up waits for a byte from it
 *
 * Without $DIRECTORY it knows nobody.
 */
#include <errno.h>
#include <fcntl.h>
#include <nss.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum nss_status _nss_directory_getpwnam_r(
	const char *name, struct passwd *entry, char *buffer, size_t size, int *error);
enum nss_status _nss_directory_getpwuid_r(
	uid_t uid, struct passwd *entry, char *buffer, size_t size, int *error);

static int open_file(const char *name, int flags)
{
	const char *folder = getenv("DIRECTORY");
	char path[4096];

	if (folder == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return open(path, flags | O_CLOEXEC);
}

static void note(const char *what)
{
	int fd = open_file("calls", O_WRONLY | O_APPEND);
	char line[512];
	int length = snprintf(line, sizeof(line), "%s\n", what);

	if (fd >= 0 && write(fd, line, (size_t)length) != length)
		abort();
	if (fd >= 0)
		(void)close(fd);
}

static void wait_at_gate(void)
{
	int fd = open_file("gate", O_RDONLY);
	char byte;

	if (fd >= 0 && read(fd, &byte, 1) != 1)
		abort();
	if (fd >= 0)
		(void)close(fd);
}

static void read_manner(char manner[static 32])
{
	int fd = open_file("manner", O_RDONLY);
	ssize_t got = fd < 0 ? 0 : read(fd, manner, 31);

	manner[got < 0 ? 0 : got] = '\0';
	if (fd >= 0)
		(void)close(fd);
}

static bool is_it(char *line, const char *name, uid_t uid, bool is_caseless)
{
	char *colon = strchr(line, ':');

	if (colon == NULL)
		return false;
	*colon = '\0';
	if (name == NULL)
		return strtoul(colon + 1, NULL, 10) == uid;
	return (is_caseless ? strcasecmp(line, name) : strcmp(line, name)) == 0;
}

static enum nss_status fill(
	const char *line, struct passwd *entry, char *buffer, size_t size, int *error)
{
	size_t length = strlen(line) + 1;

	if (length > size) {
		*error = ERANGE;
		return NSS_STATUS_TRYAGAIN;
	}
	memcpy(buffer, line, length);
	*entry = (struct passwd){
		.pw_name = buffer,
		.pw_passwd = buffer + length - 1,
		.pw_uid = (uid_t)strtoul(line + length, NULL, 10),
		.pw_gid = 65534,
		.pw_gecos = buffer + length - 1,
		.pw_dir = buffer + length - 1,
		.pw_shell = buffer + length - 1,
	};
	return NSS_STATUS_SUCCESS;
}

static enum nss_status look_up(
	const char *name, uid_t uid, struct passwd *entry, char *buffer, size_t size, int *error)
{
	char manner[32], number[16], line[512];
	enum nss_status status = NSS_STATUS_NOTFOUND;
	FILE *people;
	int fd;

	(void)snprintf(number, sizeof(number), "%u", uid);
	note(name == NULL ? number : name);
	wait_at_gate();
	read_manner(manner);
	*error = ENOENT;
	if (strcmp(manner, "unavailable") == 0)
		return NSS_STATUS_UNAVAIL;
	if (strcmp(manner, "tryagain") == 0) {
		*error = EAGAIN;
		return NSS_STATUS_TRYAGAIN;
	}
	fd = open_file("people", O_RDONLY);
	people = fd < 0 ? NULL : fdopen(fd, "r");
	while (people != NULL && status == NSS_STATUS_NOTFOUND &&
		fgets(line, sizeof(line), people) != NULL) {
		if (is_it(line, name, uid, strcmp(manner, "caseless") == 0))
			status = fill(line, entry, buffer, size, error);
	}
	if (people != NULL)
		(void)fclose(people);
	return status;
}

enum nss_status _nss_directory_getpwnam_r(
	const char *name, struct passwd *entry, char *buffer, size_t size, int *error)
{
	return look_up(name, 0, entry, buffer, size, error);
}

enum nss_status _nss_directory_getpwuid_r(
	uid_t uid, struct passwd *entry, char *buffer, size_t size, int *error)
{
	return look_up(NULL, uid, entry, buffer, size, error);
}
