#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "account.h"
#include "deadline.h"
#include "problem.h"
#include "request.h"
#include "safe_file.h"
#include "settings.h"
#include "wire.h"

#define READY_MS 5000 /* for the child to start and the helper to answer */

/* Everything the new process needs, made before fork: it may not allocate. */
struct launch {
	int program;
	int null;
	int socket;
	unsigned int alarm_s;
	char uid[16], gid[16];
};

/*
 * The uid and gid the child is to take, as strings. Whoever is not root has none to choose: "-".
 */
static int choose_identity(const char *user, struct launch *launch, struct problem *problem)
{
	struct account account;
	int rv;

	strcpy(launch->uid, "-");
	strcpy(launch->gid, "-");
	if (geteuid() != 0)
		return 0;
	rv = account_find(&account, user);
	if (rv < 0)
		return problem_set(problem, rv, "exchange_user: %s: %s", user,
			rv == -ENOENT ? "there is no such user" : strerror(-rv));
	/* 65534 is everybody whom a user namespace does not know. */
	if (account.uid == 0 || account.uid == 65534)
		rv = problem_set(problem, -EPERM,
			"exchange_user: %s is shared with others: it must be a user of its own",
			user);
	(void)snprintf(launch->uid, sizeof(launch->uid), "%u", account.uid);
	(void)snprintf(launch->gid, sizeof(launch->gid), "%u", account.gid);
	account_finish(&account);
	return rv;
}

static void handle_all_signals(void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler};

	/* SIGKILL, SIGSTOP and the C library's own refuse; nothing else can fail. */
	for (int number = 1; number < NSIG; number++)
		(void)sigaction(number, &action, NULL);
}

/* All of them are blocked. Those that came in since the fork were for another, and are dropped. */
static void reset_signals(void)
{
	sigset_t none;

	handle_all_signals(SIG_IGN);
	handle_all_signals(SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * Sets both limits, or, if that is not allowed, as much as is: the caller of su may have left too
 * little, and only root with CAP_SYS_RESOURCE can raise it again.
 */
static int limit(__rlimit_resource_t resource, rlim_t wanted)
{
	struct rlimit limits = {.rlim_cur = wanted, .rlim_max = wanted};

	if (setrlimit(resource, &limits) == 0)
		return 0;
	if (errno != EPERM || getrlimit(resource, &limits) < 0)
		return -1;
	limits.rlim_cur = limits.rlim_max < wanted ? limits.rlim_max : wanted;
	return setrlimit(resource, &limits);
}

/* The host's limits may be those of its caller, who may want the child to fail. */
static int reset_limits(void)
{
	static const struct {
		__rlimit_resource_t resource;
		rlim_t wanted;
	} limits[] = {
		{RLIMIT_CORE, 0},
		{RLIMIT_FSIZE, 0},
		{RLIMIT_NOFILE, 64},
		/* More would change where libraries are loaded. */
		{RLIMIT_STACK, 8 * 1024 * 1024},
		{RLIMIT_AS, RLIM_INFINITY},
		{RLIMIT_DATA, RLIM_INFINITY},
		{RLIMIT_RSS, RLIM_INFINITY},
		{RLIMIT_CPU, RLIM_INFINITY},
		{RLIMIT_NPROC, RLIM_INFINITY},
		{RLIMIT_LOCKS, RLIM_INFINITY},
		{RLIMIT_MEMLOCK, RLIM_INFINITY},
		{RLIMIT_SIGPENDING, RLIM_INFINITY},
		{RLIMIT_RTTIME, RLIM_INFINITY},
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		if (limit(limits[i].resource, limits[i].wanted) < 0)
			return -1;
	}
	return 0;
}

/*
 * Whoever called su may signal processes whose real user he is. The system call itself: it is this
 * thread that matters, and the C library's function would look for the host's others.
 */
static int leave_real_user(void)
{
	return geteuid() == 0 ? (int)syscall(SYS_setresuid, 0, 0, 0) : 0;
}

/* Closes everything above the standard streams but three descriptors. */
static int close_all_but(int one, int two, int three)
{
	unsigned int kept[] = {(unsigned int)one, (unsigned int)two, (unsigned int)three};
	unsigned int next = STDERR_FILENO + 1;

	/* The smallest first. */
	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < 2; i++) {
			unsigned int other = kept[i + 1];

			if (kept[i] > other) {
				kept[i + 1] = kept[i];
				kept[i] = other;
			}
		}
	}
	for (int i = 0; i < 3; i++) {
		if (kept[i] > next && close_range(next, kept[i] - 1, 0) < 0)
			return -1;
		if (kept[i] >= next)
			next = kept[i] + 1;
	}
	return close_range(next, ~0u, 0);
}

/* In the new process: only what is safe between fork and exec in a threaded host. */
static void __attribute__((noreturn)) launch_program(const struct launch *launch)
{
	char *const arguments[] = {
		"pam-wechat-exchange", (char *)launch->uid, (char *)launch->gid, NULL};
	char *const environment[] = {NULL};
	int program, null, channel;

	if (leave_real_user() < 0)
		_exit(127);
	reset_signals();
	(void)setsid();
	/* First: a host with many descriptors, or few allowed ones, has no room for duplicates. */
	if (close_all_but(launch->program, launch->null, launch->socket) < 0 || reset_limits() < 0)
		_exit(127);
	/* Clear of 0 to 4, whichever of those the host had closed. */
	program = fcntl(launch->program, F_DUPFD_CLOEXEC, 5);
	null = fcntl(launch->null, F_DUPFD_CLOEXEC, 5);
	channel = fcntl(launch->socket, F_DUPFD_CLOEXEC, 5);
	if (program < 0 || null < 0 || channel < 0 || chdir("/") < 0 || dup2(null, 0) < 0 ||
		dup2(null, 1) < 0 || dup2(null, 2) < 0 || dup2(channel, 3) < 0 ||
		dup3(program, 4, O_CLOEXEC) < 0 || close_range(5, ~0u, 0) < 0)
		_exit(127);
	(void)alarm(launch->alarm_s);
	(void)fexecve(4, arguments, environment);
	_exit(127);
}

/*
 * Moves a descriptor of ours away from the standard streams, if the host has those closed: what it
 * writes to its standard error must not reach the child. Returns the descriptor, or -errno.
 */
static int clear_of_streams(int fd)
{
	int moved;

	if (fd > STDERR_FILENO)
		return fd;
	moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (moved < 0)
		moved = -errno;
	close(fd);
	return moved;
}

/*
 * Forks with all signals blocked, so that the new process has time to get out of everybody's reach.
 * Returns its pid, or -errno.
 */
static pid_t fork_launch(const struct launch *launch)
{
	sigset_t all, before;
	pid_t pid;
	int error;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		launch_program(launch);
	error = errno;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid < 0 ? -error : pid;
}

int child_start(struct child *child, const struct settings *settings, struct deadline deadline,
	struct problem *problem)
{
	struct launch launch = {.program = -1, .null = -1, .socket = -1};
	int ends[2] = {-1, -1};
	int rv;

	*child = CHILD_NONE;
	rv = choose_identity(settings->exchange_user, &launch, problem);
	if (rv < 0)
		goto out;
	rv = launch.program = safe_file_open_program(settings->exchange, problem);
	if (rv < 0)
		goto out;
	launch.null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (launch.null < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
		rv = problem_set(problem, -errno, "socketpair: %s", strerror(errno));
		goto out;
	}
	launch.socket = ends[1];
	rv = child->socket = clear_of_streams(ends[0]);
	if (rv < 0) {
		problem_set(problem, rv, "socketpair: %s", strerror(-rv));
		goto out;
	}
	launch.alarm_s = (unsigned int)deadline_left(deadline) / 1000 + 2;
	child->pid = fork_launch(&launch);
	if (child->pid < 0) {
		rv = problem_set(problem, child->pid, "fork: %s", strerror(-child->pid));
		goto out;
	}
	child->pidfd = pidfd_open(child->pid, 0);
	if (child->pidfd >= 0)
		child->pidfd = clear_of_streams(child->pidfd);
	rv = child->pidfd < 0
	             ? problem_set(problem, -EIO, "%s: it ended at once", settings->exchange)
	             : 0;
out:
	if (launch.program >= 0)
		close(launch.program);
	if (launch.null >= 0)
		close(launch.null);
	if (launch.socket >= 0)
		close(launch.socket);
	return rv;
}

/* Waits for the child's next message. */
static int hear(const struct child *child, struct wire_inbox *inbox, struct deadline deadline)
{
	int rv = deadline_poll(deadline, child->socket, POLLIN);

	return rv == 0 ? wire_receive(child->socket, inbox) : rv;
}

int child_ask(struct child *child, const struct wire_message *question, struct wire_inbox *inbox,
	struct deadline deadline)
{
	int rv = wire_send(child->socket, question);

	return rv == 0 ? hear(child, inbox, deadline) : rv;
}

int child_announce(struct child *child, struct request *request, const struct settings *settings,
	struct wire_inbox *inbox, struct problem *problem)
{
	const struct wire_message *answer = &inbox->message;
	int rv = wire_send(child->socket, &request->message);

	/* The child has it. The host lives on for hours, and may be read where a child can't be. */
	request_forget_secret(request);
	if (rv == 0)
		rv = hear(child, inbox, deadline_in(READY_MS));
	if (rv == 0 && answer->verb == WIRE_REFUSED)
		return -ECONNREFUSED;
	if (rv == -ECONNRESET || rv == -ETIMEDOUT)
		return problem_set(problem, -EIO, "%s: did not become ready (%s)",
			settings->exchange, strerror(-rv));
	if (rv < 0 || answer->verb != WIRE_READY ||
		strcmp(answer->value[WIRE_LINK], request->link) != 0)
		return problem_set(problem, -EIO, "%s: did not become ready (%s)",
			settings->exchange, rv < 0 ? strerror(-rv) : "unexpected answer");
	return 0;
}

void child_stop(struct child *child, int grace_ms)
{
	if (child->socket >= 0)
		close(child->socket);
	if (child->pidfd >= 0) {
		siginfo_t ignored;

		if (deadline_poll(deadline_in(grace_ms), child->pidfd, POLLIN) < 0)
			(void)pidfd_send_signal(child->pidfd, SIGKILL, NULL, 0);
		/* Where the host ignores SIGCHLD there is nothing left to reap: ECHILD. */
		while (waitid(P_PIDFD, (id_t)child->pidfd, &ignored, WEXITED) < 0 && errno == EINTR)
			continue;
		close(child->pidfd);
	} else if (child->pid > 0) {
		/* Without a pidfd: the closed socket ends it, and its alarm. */
		while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	*child = CHILD_NONE;
}
