#include "rehearsal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "decimal.h"
#include "process.h"
#include "text.h"

/* Returns 0 or -errno. */
static int read_boot(char boot[REHEARSAL_BOOT_SIZE])
{
	ssize_t length;
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	length = read(fd, boot, REHEARSAL_BOOT_SIZE - 1);
	close(fd);
	if (length != REHEARSAL_BOOT_SIZE - 1)
		return -EIO;
	boot[length] = '\0';
	return 0;
}

static struct rehearsal_process find_origin(void)
{
	struct process lineage[PROCESS_LINEAGE_MAX];
	struct rehearsal_process origin = {.pid = 0};

	for (size_t i = 0, count = process_lineage(lineage); i < count; i++) {
		if (lineage[i].has_terminal)
			origin = (struct rehearsal_process){lineage[i].pid, lineage[i].began};
	}
	return origin;
}

int rehearsal_begin(struct rehearsal *rehearsal, long seconds)
{
	*rehearsal = (struct rehearsal){
		.until = (int64_t)time(NULL) + seconds,
		.began = process_now(),
		.origin = find_origin(),
	};
	return read_boot(rehearsal->boot);
}

void rehearsal_show_end(const struct rehearsal *rehearsal, char shown[REHEARSAL_TIME_MAX])
{
	time_t until = (time_t)rehearsal->until;
	struct tm local;

	if (localtime_r(&until, &local) == NULL ||
		strftime(shown, REHEARSAL_TIME_MAX, "%Y-%m-%d %H:%M:%S %z", &local) == 0)
		shown[0] = '\0';
}

int rehearsal_format(const struct rehearsal *rehearsal, char line[REHEARSAL_LINE_MAX])
{
	char end[REHEARSAL_TIME_MAX];

	rehearsal_show_end(rehearsal, end);
	/* People read what stands before the bracket, and pam-wechat the rest. */
	return text_format(line, REHEARSAL_LINE_MAX,
		REHEARSAL_MARK "%s [%" PRId64 " %s %" PRIu64 " %d %" PRIu64 " %d %" PRIu64 "]", end,
		rehearsal->until, rehearsal->boot, rehearsal->began, (int)rehearsal->holder.pid,
		rehearsal->holder.began, (int)rehearsal->origin.pid, rehearsal->origin.began);
}

/* Takes a number and the one byte behind it from *at. Returns it or -EINVAL. */
static int64_t take_number(const char **at, char end, int64_t high)
{
	size_t length = decimal_span(*at);
	int64_t number = decimal_parse(*at, length, 0, high);

	if (number < 0 || (*at)[length] != end)
		return -EINVAL;
	*at += length + 1;
	return number;
}

static int take_boot(const char **at, char boot[REHEARSAL_BOOT_SIZE])
{
	size_t length = strspn(*at, "0123456789abcdef-");

	if (length != REHEARSAL_BOOT_SIZE - 1 || (*at)[length] != ' ')
		return -EINVAL;
	(void)text_format(boot, REHEARSAL_BOOT_SIZE, "%.*s", (int)length, *at);
	*at += length + 1;
	return 0;
}

static int take_process(const char **at, char end, struct rehearsal_process *process)
{
	int64_t pid = take_number(at, ' ', INT_MAX);
	int64_t began = pid < 0 ? pid : take_number(at, end, INT64_MAX);

	if (began < 0)
		return -EINVAL;
	*process = (struct rehearsal_process){(pid_t)pid, (uint64_t)began};
	return 0;
}

int rehearsal_parse(const char *line, struct rehearsal *rehearsal)
{
	const char *at = strchr(line, '[');
	int64_t began;

	*rehearsal = (struct rehearsal){.until = 0};
	if (strncmp(line, REHEARSAL_MARK, strlen(REHEARSAL_MARK)) != 0 || at == NULL)
		return -EINVAL;
	at++;
	rehearsal->until = take_number(&at, ' ', INT64_MAX);
	if (rehearsal->until < 0 || take_boot(&at, rehearsal->boot) < 0)
		return -EINVAL;
	began = take_number(&at, ' ', INT64_MAX);
	if (began < 0 || take_process(&at, ' ', &rehearsal->holder) < 0 ||
		take_process(&at, ']', &rehearsal->origin) < 0 || *at != '\0')
		return -EINVAL;
	rehearsal->began = (uint64_t)began;
	return 0;
}

bool rehearsal_is_of_this_boot(const struct rehearsal *rehearsal)
{
	char boot[REHEARSAL_BOOT_SIZE];

	return read_boot(boot) == 0 && strcmp(boot, rehearsal->boot) == 0;
}

bool rehearsal_is_held(const struct rehearsal *rehearsal)
{
	struct process holder;

	return rehearsal_is_of_this_boot(rehearsal) &&
	       process_read(rehearsal->holder.pid, &holder) == 0 &&
	       holder.began == rehearsal->holder.began;
}
