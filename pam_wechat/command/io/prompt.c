#include "prompt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include "deadline.h"

#define BLANKS " \t\r"

static const int signals[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};
#define SIGNAL_COUNT (sizeof(signals) / sizeof(signals[0]))

static volatile sig_atomic_t is_over;

static void on_signal(int number)
{
	(void)number;
	is_over = 1;
}

/* Signals come in while ppoll() waits, and at no other time. */
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

/*
 * Waits for a byte, at most until the deadline if there is one. Without a watch a signal does what
 * it always does. Returns 1 and the byte, 0 when the time is up, -ENODATA at the end, or -errno.
 */
static int read_byte(int fd, const struct deadline *deadline, const struct watch *watch, char *byte)
{
	struct pollfd wanted = {.fd = fd, .events = POLLIN};

	for (;;) {
		int left = deadline == NULL ? 0 : deadline_left(*deadline);
		struct timespec limit = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000L};
		int ready = ppoll(&wanted, 1, deadline == NULL ? NULL : &limit,
			watch == NULL ? NULL : &watch->mask);
		ssize_t got;

		if (ready < 0 && errno != EINTR)
			return -errno;
		if (watch != NULL && is_over)
			return -EINTR;
		if (ready == 0)
			return 0;
		if (ready < 0)
			continue;
		/* Not by stdio: ppoll(2) knows nothing of what lies in its buffer. */
		got = read(fd, byte, 1);
		if (got > 0)
			return 1;
		/* A terminal that hung up ends the input. */
		if (got == 0 || errno == EIO)
			return -ENODATA;
		if (errno != EINTR && errno != EAGAIN)
			return -errno;
	}
}

/* Reads on to the end of the line. Returns 1, 0 when the time is up, -ENODATA, or -errno. */
static int read_line(
	struct prompt *prompt, int fd, const struct deadline *deadline, const struct watch *watch)
{
	for (;;) {
		char byte = '\0';
		int rv = read_byte(fd, deadline, watch, &byte);

		if (rv <= 0 || byte == '\n')
			return rv;
		if (prompt->length < sizeof(prompt->bytes))
			prompt->bytes[prompt->length] = byte;
		prompt->length++;
	}
}

/*
 * Copies as much as fits of the line that is there, without blanks around it, and makes room for
 * the next one. Returns 0; or -E2BIG if something is missing behind it, or hidden by a zero byte.
 */
static int take_line(struct prompt *prompt, char *line, size_t size)
{
	size_t most = size < sizeof(prompt->bytes) ? size : sizeof(prompt->bytes);
	size_t length = prompt->length < most ? prompt->length : most - 1;
	size_t begin = 0;
	int rv = prompt->length >= most || memchr(prompt->bytes, '\0', length) != NULL ? -E2BIG : 0;

	while (begin < length && strchr(BLANKS, prompt->bytes[begin]) != NULL)
		begin++;
	while (length > begin && strchr(BLANKS, prompt->bytes[length - 1]) != NULL)
		length--;
	memcpy(line, prompt->bytes + begin, length - begin);
	line[length - begin] = '\0';
	explicit_bzero(prompt->bytes, sizeof(prompt->bytes));
	prompt->length = 0;
	return rv;
}

int prompt_next(struct prompt *prompt, int ms, char line[static PROMPT_LINE_MAX])
{
	struct deadline deadline = deadline_in(ms);
	int rv;

	(void)fflush(stdout);
	if (prompt->ended)
		return -ENODATA;
	rv = read_line(prompt, STDIN_FILENO, ms < 0 ? NULL : &deadline, NULL);
	if (rv > 0)
		(void)take_line(prompt, line, PROMPT_LINE_MAX);
	prompt->ended = rv < 0;
	return rv < 0 ? -ENODATA : rv;
}

bool prompt_agree(struct prompt *prompt, const char *question)
{
	char line[PROMPT_LINE_MAX];

	printf("%s [y/N] ", question);
	return prompt_next(prompt, -1, line) == 1 &&
	       (strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0);
}

void prompt_finish(struct prompt *prompt)
{
	explicit_bzero(prompt, sizeof(*prompt));
}

static int read_whole_line(int fd, const struct watch *watch, char *line, size_t size)
{
	struct prompt prompt = {.length = 0};
	int rv = read_line(&prompt, fd, NULL, watch);

	if (rv > 0 || (rv == -ENODATA && prompt.length > 0))
		rv = take_line(&prompt, line, size);
	if (rv < 0)
		explicit_bzero(line, size);
	prompt_finish(&prompt);
	return rv;
}

int prompt_read_line(int fd, char *line, size_t size)
{
	struct watch watch;
	int rv;

	watch_begin(&watch);
	rv = read_whole_line(fd, &watch, line, size);
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

int prompt_ask(const char *text, bool hidden, char *line, size_t size)
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
		(void)fputs(text, stdout);
		(void)fflush(stdout);
		rv = read_whole_line(STDIN_FILENO, &watch, line, size);
	}
	if (is_hidden > 0)
		(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	/* Nobody's Enter has ended the line on the screen. */
	if (rv < 0 || is_hidden > 0 || !isatty(STDIN_FILENO))
		(void)putchar('\n');
	watch_end(&watch);
	return rv;
}
