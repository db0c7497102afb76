#include "question.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define BLANKS " \t\r"

static const int signals[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};
#define SIGNAL_COUNT (sizeof(signals) / sizeof(signals[0]))

static volatile sig_atomic_t is_over;

static void on_signal(int number)
{
	(void)number;
	is_over = 1;
}

/* Signals come in while poll() waits, and at no other time. */
struct watch {
	struct sigaction before[SIGNAL_COUNT];
	sigset_t mask;
};

static void watch_begin(struct watch *watch)
{
	struct sigaction action = {.sa_handler = on_signal};
	sigset_t blocked;

	sigemptyset(&blocked);
	is_over = 0;
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		sigaddset(&blocked, signals[i]);
	(void)sigprocmask(SIG_BLOCK, &blocked, &watch->mask);
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		(void)sigaction(signals[i], &action, &watch->before[i]);
}

static void watch_end(const struct watch *watch)
{
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		(void)sigaction(signals[i], &watch->before[i], NULL);
	(void)sigprocmask(SIG_SETMASK, &watch->mask, NULL);
}

/* Returns 1 and a byte, 0 at the end, or -errno. */
static int read_byte(int fd, const sigset_t *mask, char *byte)
{
	struct pollfd wanted = {.fd = fd, .events = POLLIN};
	ssize_t got;

	do {
		wanted.revents = 0;
		if (ppoll(&wanted, 1, NULL, mask) < 0 && errno != EINTR)
			return -errno;
		if (is_over)
			return -EINTR;
		got = wanted.revents == 0 ? -1 : read(fd, byte, 1);
	} while (got < 0 && (wanted.revents == 0 || errno == EINTR || errno == EAGAIN));
	/* A terminal that hung up ends the input. */
	if (got < 0 && errno == EIO)
		return 0;
	return got < 0 ? -errno : (int)got;
}

static void trim(char *line)
{
	size_t length = strlen(line);
	size_t from = strspn(line, BLANKS);

	while (length > from && strchr(BLANKS, line[length - 1]) != NULL)
		length--;
	memmove(line, line + from, length - from);
	explicit_bzero(line + length - from, from);
	line[length - from] = '\0';
}

static int read_line(int fd, const sigset_t *mask, char *line, size_t size)
{
	size_t length = 0;
	char byte = '\0';
	int rv;

	for (;;) {
		rv = read_byte(fd, mask, &byte);
		if (rv < 0 || (rv == 0 && length == 0)) {
			explicit_bzero(line, size);
			return rv < 0 ? rv : -ENODATA;
		}
		if (rv == 0 || byte == '\n')
			break;
		if (length < size)
			line[length] = byte;
		length++;
	}
	if (length >= size || memchr(line, '\0', length) != NULL) {
		explicit_bzero(line, size);
		return -E2BIG;
	}
	line[length] = '\0';
	trim(line);
	return 0;
}

int question_read_line(int fd, char *line, size_t size)
{
	struct watch watch;
	int rv;

	watch_begin(&watch);
	rv = read_line(fd, &watch.mask, line, size);
	watch_end(&watch);
	return rv;
}

/* Returns 1 if the terminal was hidden from, 0 if there is none, or -errno. */
static int hide(struct termios *before)
{
	struct termios hidden;

	if (!isatty(STDIN_FILENO))
		return 0;
	if (tcgetattr(STDIN_FILENO, before) < 0)
		return -errno;
	hidden = *before;
	hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	/* A stop (Ctrl-Z) would leave the shell without an echo. */
	hidden.c_cc[VSUSP] = _POSIX_VDISABLE;
	return tcsetattr(STDIN_FILENO, TCSADRAIN, &hidden) < 0 ? -errno : 1;
}

int question_ask(const char *prompt, bool hidden, char *line, size_t size)
{
	struct termios before;
	struct watch watch;
	int is_hidden = 0;
	int rv = 0;

	watch_begin(&watch);
	if (hidden)
		rv = is_hidden = hide(&before);
	if (rv >= 0) {
		/* Not before: who types fast types the secret at once. */
		(void)fputs(prompt, stdout);
		(void)fflush(stdout);
		rv = read_line(STDIN_FILENO, &watch.mask, line, size);
	}
	if (is_hidden > 0)
		(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	/* Nobody's Enter has ended the line on the screen. */
	if (rv < 0 || is_hidden > 0 || !isatty(STDIN_FILENO))
		(void)putchar('\n');
	watch_end(&watch);
	return rv;
}
