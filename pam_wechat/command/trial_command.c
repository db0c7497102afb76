/*
 * test - one login through the real stack of a service, without a session. All of this command's
 * use of libpam is here.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <security/pam_appl.h>

#include "call.h"
#include "pam_service.h"

struct talk {
	int in, out; /* the terminal, or else standard input and output */
};

struct meaning {
	int code;
	const char *name;
	const char *meaning;
};

/* As README has them; a service may ask other modules as well. */
static const struct meaning authenticate_meanings[] = {
	{PAM_SUCCESS, "PAM_SUCCESS", "whoever the service asks had no objection"},
	{PAM_MAXTRIES, "PAM_MAXTRIES",
		"refused: another WeChat, \"This isn't me\", time is up, too many wrong answers, "
		"or too many logins are pending"},
	{PAM_AUTH_ERR, "PAM_AUTH_ERR",
		"any other failure after the QR code was shown; or a wrong password, where one is "
		"asked for"},
	{PAM_CONV_ERR, "PAM_CONV_ERR", "another module's conversation failed"},
	{PAM_AUTHINFO_UNAVAIL, "PAM_AUTHINFO_UNAVAIL",
		"files or options are missing or wrong, or no helper listens"},
	{PAM_SYSTEM_ERR, "PAM_SYSTEM_ERR", "a system call failed, or the exchange broke down"},
	{PAM_BUF_ERR, "PAM_BUF_ERR", "there is no memory"},
	{PAM_IGNORE, "PAM_IGNORE", "no module had anything to say"},
	{PAM_USER_UNKNOWN, "PAM_USER_UNKNOWN", "there is no such user"},
	{PAM_PERM_DENIED, "PAM_PERM_DENIED", "the service does not let this user in"},
	{PAM_MODULE_UNKNOWN, "PAM_MODULE_UNKNOWN",
		"a line names a module that is not there or cannot be loaded"},
	{0, NULL, NULL},
};

static const struct meaning account_meanings[] = {
	{PAM_SUCCESS, "PAM_SUCCESS", "the account may be used here and now"},
	{PAM_ACCT_EXPIRED, "PAM_ACCT_EXPIRED", "the account has expired (chage -E)"},
	{PAM_NEW_AUTHTOK_REQD, "PAM_NEW_AUTHTOK_REQD",
		"the Unix password has expired: the service would ask for a new one (chage -M)"},
	{PAM_AUTHTOK_EXPIRED, "PAM_AUTHTOK_EXPIRED", "the Unix password has expired for good"},
	{PAM_PERM_DENIED, "PAM_PERM_DENIED",
		"the service does not let this user in: /etc/nologin, pam_access, pam_time…"},
	{PAM_AUTH_ERR, "PAM_AUTH_ERR", "the account is refused, by pam_access or another module"},
	{PAM_USER_UNKNOWN, "PAM_USER_UNKNOWN", "there is no such user"},
	{PAM_MODULE_UNKNOWN, "PAM_MODULE_UNKNOWN",
		"a line names a module that is not there or cannot be loaded"},
	{0, NULL, NULL},
};

/* Set by a signal: each message fails from then on, and PAM comes to its end by itself. */
static volatile sig_atomic_t given_up;

static void give_up(int number)
{
	(void)number;
	given_up = 1;
}

static void catch_signals(void)
{
	static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
	struct sigaction action = {.sa_handler = give_up};

	(void)sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		(void)sigaction(numbers[i], &action, NULL);
}

/* Reads a line byte by byte, since what follows answers another question. Returns its length, or
 * -1. */
static int read_line(int fd, char line[PAM_MAX_RESP_SIZE])
{
	int length = 0;

	while (!given_up) {
		ssize_t got = read(fd, &line[length], 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		if (line[length] == '\n') {
			line[length] = '\0';
			return length;
		}
		if (++length == PAM_MAX_RESP_SIZE)
			return -1;
	}
	return -1;
}

/* Returns an answer that libpam's modules free, or NULL. */
static char *ask(const struct talk *talk, const char *question, bool echo)
{
	char line[PAM_MAX_RESP_SIZE];
	struct termios shown, hidden;
	bool hides = !echo && tcgetattr(talk->in, &shown) == 0;
	char *answer = NULL;

	/* Before the question: an answer may follow it at once. */
	if (hides) {
		hidden = shown;
		hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
		(void)tcsetattr(talk->in, TCSADRAIN, &hidden);
	}
	(void)dprintf(talk->out, "%s", question);
	if (read_line(talk->in, line) >= 0)
		answer = strdup(line);
	explicit_bzero(line, sizeof(line));
	if (hides) {
		(void)tcsetattr(talk->in, TCSADRAIN, &shown);
		(void)dprintf(talk->out, "\n");
	}
	return answer;
}

static void free_answers(struct pam_response *answers, int count)
{
	for (int i = 0; i < count; i++) {
		if (answers[i].resp != NULL) {
			explicit_bzero(answers[i].resp, strlen(answers[i].resp));
			free(answers[i].resp);
		}
	}
	free(answers);
}

static int converse(
	int count, const struct pam_message **messages, struct pam_response **responses, void *data)
{
	const struct talk *talk = data;
	struct pam_response *answers;

	if (given_up || count <= 0 || count > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	answers = calloc((size_t)count, sizeof(*answers));
	if (answers == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < count; i++) {
		int style = messages[i]->msg_style;

		if (style == PAM_TEXT_INFO || style == PAM_ERROR_MSG) {
			(void)dprintf(talk->out, "%s\n", messages[i]->msg);
			continue;
		}
		if (style == PAM_PROMPT_ECHO_ON || style == PAM_PROMPT_ECHO_OFF)
			answers[i].resp = ask(talk, messages[i]->msg, style == PAM_PROMPT_ECHO_ON);
		if (answers[i].resp == NULL) {
			free_answers(answers, count);
			return PAM_CONV_ERR;
		}
	}
	*responses = answers;
	return PAM_SUCCESS;
}

/* Calls one function of libpam's, and says what came of it in a line. */
static int take_step(pam_handle_t *pamh, const char *name, int (*step)(pam_handle_t *, int),
	const struct meaning *meanings)
{
	struct timespec began, ended;
	double seconds;
	int rv;

	(void)fflush(stdout);
	(void)clock_gettime(CLOCK_MONOTONIC, &began);
	rv = step(pamh, 0);
	(void)clock_gettime(CLOCK_MONOTONIC, &ended);
	seconds = (double)(ended.tv_sec - began.tv_sec) +
	          (double)(ended.tv_nsec - began.tv_nsec) / 1e9;
	while (meanings->name != NULL && meanings->code != rv)
		meanings++;
	if (meanings->name != NULL)
		printf("%s: %s in %.1f s: %s\n", name, meanings->name, seconds, meanings->meaning);
	else
		printf("%s: PAM's code %d in %.1f s: %s\n", name, rv, seconds,
			pam_strerror(pamh, rv));
	return rv;
}

static int set_items(pam_handle_t *pamh)
{
	const char *tty = ttyname(STDIN_FILENO);
	int rv = pam_set_item(pamh, PAM_TTY, tty == NULL ? "pam-wechat" : tty);

	return rv == PAM_SUCCESS ? pam_set_item(pamh, PAM_RHOST, "") : rv;
}

static enum command_exit sign_in(const char *user, const char *service, struct talk *talk)
{
	const struct pam_conv conversation = {.conv = converse, .appdata_ptr = talk};
	pam_handle_t *pamh = NULL;
	int rv = pam_start(service, user, &conversation, &pamh);

	if (rv == PAM_SUCCESS)
		rv = set_items(pamh);
	if (rv != PAM_SUCCESS) {
		fprintf(stderr, "pam-wechat test: pam_start: %s\n", pam_strerror(pamh, rv));
		goto out;
	}
	rv = take_step(pamh, "pam_authenticate", pam_authenticate, authenticate_meanings);
	if (rv == PAM_SUCCESS)
		rv = take_step(pamh, "pam_acct_mgmt", pam_acct_mgmt, account_meanings);
	if (rv != PAM_SUCCESS)
		printf("The log says more: journalctl -t pam-wechat -n 20, or /var/log/auth.log\n");
out:
	if (pamh != NULL)
		(void)pam_end(pamh, rv);
	return rv == PAM_SUCCESS ? COMMAND_DONE : COMMAND_REFUSED;
}

static enum command_exit run(const struct command_call *call)
{
	const char *service = call_value(call, "service");
	struct talk talk = {.in = STDIN_FILENO, .out = STDOUT_FILENO};
	char path[PAM_SERVICE_PATH_MAX];
	enum command_exit status;
	int tty;

	if (service == NULL)
		service = "sshd";
	status = pam_service_path(call, service, path);
	if (status != COMMAND_DONE)
		return status;
	if (geteuid() != 0) {
		fprintf(stderr, "pam-wechat test: only root can: the module's files are nobody "
				"else's to read\n");
		return COMMAND_REFUSED;
	}
	if (access(path, R_OK) < 0) {
		fprintf(stderr, "pam-wechat test: %s: %s: is the program installed?\n", path,
			strerror(errno));
		return COMMAND_REFUSED;
	}
	tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (tty >= 0)
		talk.in = talk.out = tty;
	catch_signals();
	printf("Signing %s in by %s; no session is opened.\n", call->words[0], path);
	status = sign_in(call->words[0], service, &talk);
	if (tty >= 0)
		close(tty);
	return status;
}

const struct command command_test = {
	.name = "test",
	.words = "USER",
	.words_min = 1,
	.words_max = 1,
	.word = COMMAND_USER,
	.summary = "sign in once by a service's PAM file, without a session",
	.description = "Asks what the service would ask, in this terminal, and says what PAM\n"
		       "answers. Nothing is changed, and nobody is signed in. For root.",
	.options =
		(const struct command_option[]){
			{"service", "SERVICE", COMMAND_SERVICE, "instead of sshd"},
			{NULL, NULL, COMMAND_NOTHING, NULL},
		},
	.run = run,
};
