#include "interruption.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "deadline.h"

void interruption_begin(struct interruption *interruption)
{
	static const int numbers[] = {SIGINT, SIGQUIT, SIGHUP, SIGTERM};

	(void)sigemptyset(&interruption->watched);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		(void)sigaddset(&interruption->watched, numbers[i]);
	(void)pthread_sigmask(SIG_BLOCK, &interruption->watched, &interruption->old);
	interruption->begun = true;
}

void interruption_end(struct interruption *interruption)
{
	if (interruption->begun)
		(void)pthread_sigmask(SIG_SETMASK, &interruption->old, NULL);
}

static bool is_signalled(const struct interruption *interruption)
{
	sigset_t pending;

	if (sigpending(&pending) < 0)
		return false;
	for (int number = 1; number < NSIG; number++) {
		if (sigismember(&interruption->watched, number) == 1 &&
			sigismember(&pending, number) == 1)
			return true;
	}
	return false;
}

/* Whether a terminal that can be read from has nothing to read: that is how ^D looks. */
static bool is_at_end(int fd)
{
	int bytes = 0;

	return isatty(fd) && ioctl(fd, FIONREAD, &bytes) == 0 && bytes == 0;
}

bool interruption_wait(const struct interruption *interruption, int ms)
{
	struct deadline deadline = deadline_in(ms);
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

	if (is_signalled(interruption))
		return true;
	if (poll(&input, 1, 0) > 0 && (input.revents & POLLNVAL) == 0 &&
		((input.revents & POLLHUP) != 0 || is_at_end(input.fd)))
		return true;
	/* What was typed stays in the terminal for whoever reads next. */
	(void)poll(NULL, 0, deadline_left(deadline));
	return is_signalled(interruption);
}
