#include "rehearsal_timer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "file_update.h"
#include "problem.h"
#include "process.h"
#include "subprocess.h"
#include "take_back.h"

#define TRIES 60 /* one a second */

struct timer {
	const char *path;
	struct rehearsal *rehearsal;
	struct timespec end; /* by CLOCK_BOOTTIME, which goes on in a machine that sleeps */
	char trial[REHEARSAL_LINE_MAX];
};

/*
 * logind may end all that a session has begun, by SIGKILL (KillUserProcesses=yes): systemd knows it
 * by its cgroup. Where there are none, or none may be changed, nobody does that, or nothing helps.
 */
static void leave_cgroup(void)
{
	static const char *const roots[] = {"/sys/fs/cgroup/cgroup.procs",
		"/sys/fs/cgroup/systemd/cgroup.procs", "/sys/fs/cgroup/unified/cgroup.procs"};

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		int fd = open(roots[i], O_WRONLY | O_CLOEXEC);
		ssize_t ignored = fd < 0 ? -1 : write(fd, "0", 1);

		(void)ignored;
		if (fd >= 0)
			close(fd);
	}
}

/* Leaves everything that could end with the terminal or the session it was begun in. */
static int detach(int fd)
{
	sigset_t all;
	int null = open("/dev/null", O_RDWR);

	sigfillset(&all);
	if (null < 0 || sigprocmask(SIG_BLOCK, &all, NULL) < 0 || setsid() < 0 || chdir("/") < 0)
		return -errno;
	for (int standard = 0; standard <= 2; standard++) {
		if (dup2(null, standard) < 0)
			return -errno;
	}
	if ((fd > 3 && close_range(3, (unsigned int)fd - 1, 0) < 0) ||
		close_range((unsigned int)fd + 1, ~0u, 0) < 0)
		return -errno;
	leave_cgroup();
	return 0;
}

static int take_back_once(const struct timer *timer, char *outcome, struct problem *problem)
{
	struct taken_back taken = {.lines = NULL};
	struct update *update = NULL;
	int rv = file_update_open(timer->path, &update, problem);

	if (rv == 0)
		rv = take_back(timer->path, &update, timer->trial, &taken, problem);
	file_update_close(&update);
	if (rv == 0)
		memcpy(outcome, taken.outcome, TAKEN_BACK_OUTCOME_MAX);
	taken_back_finish(&taken);
	return rv;
}

static void take_back_at_last(const struct timer *timer)
{
	const struct timespec pause = {.tv_sec = 1};
	char outcome[TAKEN_BACK_OUTCOME_MAX];
	struct problem problem = {.text = ""};
	int rv = -EAGAIN;

	for (int i = 0; i < TRIES; i++) {
		rv = take_back_once(timer, outcome, &problem);
		/* -EINVAL: somebody's lines are in the block, and are his to take out. */
		if (rv == 0 || rv == -ENOENT || rv == -EINVAL)
			break;
		(void)nanosleep(&pause, NULL);
	}
	openlog("pam-wechat", LOG_PID, LOG_AUTHPRIV);
	if (rv == 0)
		syslog(LOG_NOTICE, "nobody has kept what was on trial: %s", outcome);
	else if (rv != -ENOENT)
		syslog(LOG_ERR, "what was on trial could not be taken back, and stays: %s",
			problem.text);
	closelog();
}

/* Says by one byte that it is ready; then it is alone. */
static int run(int fd, void *context)
{
	struct timer *timer = context;
	struct rehearsal_process *holder = &timer->rehearsal->holder;
	struct process self;

	if (detach(fd) < 0 || process_read(getpid(), &self) < 0)
		return 1;
	*holder = (struct rehearsal_process){self.pid, self.began};
	if (rehearsal_format(timer->rehearsal, timer->trial) < 0 || write(fd, "", 1) != 1)
		return 1;
	close(fd);
	if (clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &timer->end, NULL) != 0)
		return 1;
	take_back_at_last(timer);
	return 0;
}

/* Whether it has said so. */
static bool is_ready(int fd)
{
	char byte;
	ssize_t got;

	do {
		got = read(fd, &byte, 1);
	} while (got < 0 && errno == EINTR);
	return got == 1;
}

int rehearsal_timer_start(const char *path, long seconds, struct rehearsal *rehearsal,
	char trial[REHEARSAL_LINE_MAX], struct problem *problem)
{
	struct timer timer = {.path = path, .rehearsal = rehearsal};
	struct subprocess begun;
	struct process holder;
	int rv;

	(void)clock_gettime(CLOCK_BOOTTIME, &timer.end);
	timer.end.tv_sec += seconds;
	rv = rehearsal_begin(rehearsal, seconds);
	if (rv == 0)
		rv = subprocess_begin(&begun, run, &timer);
	if (rv == 0) {
		if (!is_ready(begun.fd))
			rv = -ECHILD;
		close(begun.fd);
	}
	if (rv == 0)
		rv = process_read(begun.pid, &holder);
	if (rv == 0) {
		rehearsal->holder = (struct rehearsal_process){holder.pid, holder.began};
		rv = rehearsal_format(rehearsal, trial);
	}
	return rv == 0 ? 0
	               : problem_set(problem, rv, "nothing would take the change back: %s",
				 strerror(-rv));
}
