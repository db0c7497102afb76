#include "enroll_roster.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account.h"
#include "display.h"
#include "lines.h"
#include "problem.h"
#include "users.h"

#define FILE_MAX (1024 * 1024)
#define BLANKS " \t"

int enroll_roster_judge(const char *user, bool force, struct problem *problem)
{
	struct account account;
	char shown[DISPLAY_BOTH_SIZE];
	bool is_root;
	int rv;

	display_both(shown, user);
	if (!users_is_name(user))
		return problem_set(
			problem, -EINVAL, "\"%s\" cannot be the name of a local user", shown);
	rv = account_find(&account, user);
	if (rv < 0 && force)
		return 0;
	if (rv < 0)
		return problem_set(problem, rv, "%s: %s", shown,
			rv == -ENOENT ? "there is no such user on this machine "
					"(--force for one who is still to come)"
				      : strerror(-rv));
	is_root = account.uid == 0;
	account_finish(&account);
	if (is_root && !force)
		return problem_set(problem, -EPERM,
			"%s: whoever holds that phone would be root; --force if you mean it",
			shown);
	return 0;
}

/* Opens what an administrator may have anywhere. Returns 0 and at most FILE_MAX bytes, or -errno.
 */
static int read_file(const char *path, char **bytes, size_t *length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat status;
	int rv = 0;

	*bytes = NULL;
	*length = 0;
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0)
		rv = -errno;
	else if (!S_ISREG(status.st_mode))
		rv = S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL;
	else if ((*bytes = malloc(FILE_MAX + 1)) == NULL)
		rv = -ENOMEM;
	while (rv == 0 && *length <= FILE_MAX) {
		ssize_t got = read(fd, *bytes + *length, FILE_MAX + 1 - *length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			rv = got < 0 ? -errno : 0;
			break;
		}
		*length += (size_t)got;
	}
	close(fd);
	return rv == 0 && *length > FILE_MAX ? -EFBIG : rv;
}

static int add(struct enroll_roster *roster, const char *name, struct problem *problem)
{
	char **names;

	for (size_t i = 0; i < roster->count; i++) {
		if (strcmp(roster->names[i], name) == 0)
			return problem_set(problem, -EEXIST, "%s stands here twice", name);
	}
	names = reallocarray(roster->names, roster->count + 1, sizeof(*names));
	if (names == NULL)
		return problem_set(problem, -ENOMEM, "out of memory");
	roster->names = names;
	names[roster->count] = strdup(name);
	if (names[roster->count] == NULL)
		return problem_set(problem, -ENOMEM, "out of memory");
	roster->count++;
	return 0;
}

static int add_line(struct enroll_roster *roster, char *line, bool force, struct problem *problem)
{
	char *name = line + strspn(line, BLANKS);
	char *end;
	int rv;

	name[strcspn(name, "#")] = '\0';
	end = name + strcspn(name, BLANKS);
	if (end[strspn(end, BLANKS)] != '\0')
		return problem_set(problem, -EINVAL, "one user on each line, and nothing else");
	*end = '\0';
	if (name[0] == '\0')
		return 0;
	rv = enroll_roster_judge(name, force, problem);
	return rv < 0 ? rv : add(roster, name, problem);
}

int enroll_roster_read(struct enroll_roster *roster, const char *path, bool force)
{
	char line[LINES_LENGTH_MAX + 1];
	struct problem problem = {.text = ""};
	struct lines lines;
	char *bytes;
	size_t length;
	bool is_wrong = false;
	int rv = read_file(path, &bytes, &length);

	if (rv < 0) {
		fprintf(stderr, "pam-wechat enroll: %s: %s\n", path,
			rv == -EINVAL ? "this is no file" : strerror(-rv));
		free(bytes);
		return rv;
	}
	lines_init(&lines, bytes, length);
	while ((rv = lines_next(&lines, line, &problem)) != 0) {
		if (rv < 0 || add_line(roster, line, force, &problem) < 0) {
			fprintf(stderr, "pam-wechat enroll: %s:%zu: %s\n", path, lines.number,
				problem.text);
			is_wrong = true;
		}
		if (rv < 0)
			break;
	}
	free(bytes);
	if (!is_wrong && roster->count == 0) {
		fprintf(stderr, "pam-wechat enroll: %s: it names nobody\n", path);
		is_wrong = true;
	}
	return is_wrong ? -EINVAL : 0;
}

void enroll_roster_finish(struct enroll_roster *roster)
{
	for (size_t i = 0; i < roster->count; i++)
		free(roster->names[i]);
	free(roster->names);
	*roster = (struct enroll_roster){.names = NULL};
}
