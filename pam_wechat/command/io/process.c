#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "decimal.h"
#include "text.h"

/* Numbers of words in /proc/PID/stat, behind the name and its parenthesis. */
enum { STAT_PARENT = 1, STAT_TERMINAL = 4, STAT_BEGAN = 19 };

/* Reads a file of /proc, which is there as a whole. Returns 0 or -errno. */
static int read_file(pid_t pid, const char *name, char *bytes, size_t size)
{
	char path[64];
	ssize_t length;
	int fd;

	(void)text_format(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	length = read(fd, bytes, size - 1);
	/* -ESRCH: it has ended since. */
	if (length < 0) {
		int rv = errno == ESRCH ? -ENOENT : -errno;

		close(fd);
		return rv;
	}
	close(fd);
	bytes[length] = '\0';
	return 0;
}

/* The number that is this word, words being counted from 0; or -EINVAL. */
static int64_t number_at(const char *words, int place)
{
	for (; place > 0; place--) {
		words += strcspn(words, " \t");
		words += strspn(words, " \t");
	}
	return decimal_parse(words, decimal_span(words), 0, INT64_MAX);
}

static int read_stat(struct process *process)
{
	char stat[1024];
	const char *name, *end;
	int64_t parent, began;
	int rv = read_file(process->pid, "stat", stat, sizeof(stat));

	if (rv < 0)
		return rv;
	/* The name may hold parentheses and blanks. */
	name = strchr(stat, '(');
	end = strrchr(stat, ')');
	if (name == NULL || end == NULL || end < name || end[1] != ' ')
		return -EINVAL;
	if (text_format(process->name, sizeof(process->name), "%.*s", (int)(end - name - 1),
		    name + 1) < 0)
		return -EINVAL;
	/* It has ended, and nobody has asked how yet. */
	if (end[2] == 'Z' || end[2] == 'X')
		return -ENOENT;
	parent = number_at(end + 2, STAT_PARENT);
	began = number_at(end + 2, STAT_BEGAN);
	if (parent < 0 || parent > INT_MAX || began < 0)
		return -EINVAL;
	process->parent = (pid_t)parent;
	process->began = (uint64_t)began;
	process->has_terminal = number_at(end + 2, STAT_TERMINAL) != 0;
	return 0;
}

static int read_owner(struct process *process)
{
	char status[4096];
	const char *line;
	int64_t real, effective;
	int rv = read_file(process->pid, "status", status, sizeof(status));

	if (rv < 0)
		return rv;
	line = strstr(status, "\nUid:\t");
	if (line == NULL)
		return -EINVAL;
	line += strlen("\nUid:\t");
	real = number_at(line, 0);
	effective = number_at(line, 1);
	if (real < 0 || effective < 0)
		return -EINVAL;
	process->real = (uid_t)real;
	process->effective = (uid_t)effective;
	return 0;
}

int process_read(pid_t pid, struct process *process)
{
	int rv;

	*process = (struct process){.pid = pid};
	rv = read_stat(process);
	return rv < 0 ? rv : read_owner(process);
}

size_t process_lineage(struct process lineage[PROCESS_LINEAGE_MAX])
{
	pid_t pid = getpid();
	size_t count = 0;

	/* 0: the first of all, or one whose parent is in another namespace. */
	while (pid > 0) {
		if (count == PROCESS_LINEAGE_MAX || process_read(pid, &lineage[count]) < 0)
			return 0;
		pid = lineage[count++].parent;
	}
	return count;
}

uint64_t process_now(void)
{
	struct timespec now;
	uint64_t ticks = (uint64_t)sysconf(_SC_CLK_TCK);

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * ticks + (uint64_t)now.tv_nsec * ticks / 1000000000;
}
