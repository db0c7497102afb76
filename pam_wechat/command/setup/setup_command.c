/* setup - asks three questions, or none, and writes the first configuration. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "call.h"
#include "config.h"
#include "file_update.h"
#include "paths.h"
#include "problem.h"
#include "prompt.h"
#include "setup.h"
#include "text.h"
#include "wechat_sites.h"

#define LINE_CELLS 76

static const char introduction[] =
	"Three questions, then the first configuration is written. Ctrl-C leaves\n"
	"everything as it is.\n"
	"\n"
	"Needed is a WeChat account with web authorization (网页授权): an organisation's\n"
	"certified service account (认证服务号) with a domain; or a test account\n"
	"(接口测试号) to try it on a laptop: one personal WeChat, no company, no domain,\n"
	"a private address; people follow the account first.\n"
	"\n"
	"Use this account and this host name for nothing else. Whoever runs another page\n"
	"of theirs could sign in here as the people who visit it.\n";

struct question {
	const char *option;
	const char *where; /* it is found */
	const char *prompt;
	const char *subject; /* of a complaint: "The AppID" */
	bool is_secret;
	const char *(*fault)(const char *value);
	size_t offset; /* of the answer in struct setup */
};

static const struct question questions[] = {
	{"appid",
		"1. The AppID\n"
		"   Service account:\n"
		"     https://" WECHAT_PLATFORM "\n"
		"   Test account:\n"
		"     https://" WECHAT_TEST_ACCOUNT "\n",
		"   AppID: ", "The AppID", false, setup_appid_fault, offsetof(struct setup, appid)},
	{"secret-file",
		"2. The app secret (it is not shown)\n"
		"   It stands beside the AppID. A service account has a list of IP addresses\n"
		"   there (白名单), which has to name this machine.\n",
		"   App secret: ", "The app secret", true, setup_secret_fault,
		offsetof(struct setup, secret)},
	{"url",
		"3. The address that phones open, up to 38 bytes; it may have a path\n"
		"   Service account: https:// and the host that you register as a domain for web\n"
		"   authorization (网页授权域名) at https://" WECHAT_ACCOUNTS ",\n"
		"   as in https://login.example.com.\n"
		"   Test account: http://, this machine's private address and a port, registered\n"
		"   on the test account's page, as in http://192.168.1.5:8080.\n",
		"   Address: ", "The address", false, setup_url_fault,
		offsetof(struct setup, public_url)},
};
#define QUESTION_COUNT (sizeof(questions) / sizeof(questions[0]))

/* Returns 0, or -errno. */
static int read_secret_file(const char *path, char *answer)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rv;

	if (fd < 0)
		return -errno;
	rv = prompt_read_line(fd, answer, SETUP_ANSWER_SIZE);
	close(fd);
	return rv;
}

/* Takes what the command line says. Returns whether it is good, after a complaint. */
static bool take(const struct question *question, const char *value, char *answer)
{
	const char *fault;
	int rv;

	if (question->is_secret) {
		rv = read_secret_file(value, answer);
		if (rv < 0) {
			fprintf(stderr, "pam-wechat setup: %s: %s\n", value,
				rv == -ENODATA ? "is empty" : strerror(-rv));
			return false;
		}
	} else {
		(void)snprintf(answer, SETUP_ANSWER_SIZE, "%s", value);
	}
	fault = question->fault(answer);
	if (fault == NULL)
		return true;
	fprintf(stderr, "pam-wechat setup: --%s: %s %s\n", question->option,
		question->is_secret ? "it" : value, fault);
	return false;
}

/* In lines that any terminal holds. */
static void complain(const char *subject, const char *fault)
{
	char whole[512];
	size_t length;

	(void)snprintf(whole, sizeof(whole), "%s %s. Once more:", subject, fault);
	for (const char *at = whole; *at != '\0'; at += length, at += strspn(at, " ")) {
		length = strlen(at);
		if (length > LINE_CELLS) {
			length = LINE_CELLS;
			while (length > 1 && at[length] != ' ')
				length--;
		}
		printf("   %.*s\n", (int)length, at);
	}
}

/* Asks until the answer is good. Returns whether there is one, after a complaint. */
static bool ask(const struct question *question, char *answer)
{
	const char *fault;
	int rv;

	printf("\n%s", question->where);
	for (;;) {
		rv = prompt_ask(question->prompt, question->is_secret, answer, SETUP_ANSWER_SIZE);
		if (rv == -E2BIG) {
			fault = "is much too long";
		} else if (rv < 0) {
			fprintf(stderr, "pam-wechat setup: %s; nothing was written\n",
				rv == -EINTR     ? "given up"
				: rv == -ENODATA ? "no answer"
						 : strerror(-rv));
			return false;
		} else {
			fault = question->fault(answer);
		}
		if (fault == NULL)
			return true;
		complain(question->subject, fault);
	}
}

static enum command_exit answer_all(const struct command_call *call, struct setup *setup)
{
	bool is_introduced = false;

	for (size_t i = 0; i < QUESTION_COUNT; i++) {
		const char *value = call_value(call, questions[i].option);
		char *answer = (char *)setup + questions[i].offset;

		if (value != NULL && !take(&questions[i], value, answer))
			return COMMAND_USAGE;
		if (value == NULL && call_value(call, "yes") != NULL) {
			fprintf(stderr, "pam-wechat setup: --yes asks nothing: --%s is missing\n",
				questions[i].option);
			return COMMAND_USAGE;
		}
	}
	for (size_t i = 0; i < QUESTION_COUNT; i++) {
		char *answer = (char *)setup + questions[i].offset;

		if (call_value(call, questions[i].option) != NULL)
			continue;
		if (!is_introduced)
			(void)fputs(introduction, stdout);
		is_introduced = true;
		if (!ask(&questions[i], answer))
			return COMMAND_REFUSED;
	}
	return url_parse(setup->public_url, &setup->url) == 0 ? COMMAND_DONE : COMMAND_USAGE;
}

static const char *directory_fault(const char *value)
{
	const char *fault = config_path_fault(value);

	if (fault == NULL && strpbrk(value, "\n\r\t#") != NULL)
		return "must not hold tabs, '#' or ends of lines";
	return fault == NULL && value[strlen(value) - 1] == '/' ? "must not end with a slash"
	                                                        : fault;
}

static enum command_exit run_with(const struct command_call *call, struct setup *setup)
{
	char lines[4 * FILE_UPDATE_COPY_MAX];
	struct problem problem = {.text = ""};
	enum command_exit status;
	struct text copies;

	if (setup_check(setup, &problem) < 0) {
		fprintf(stderr, "pam-wechat setup: %s\n", problem.text);
		return COMMAND_REFUSED;
	}
	status = answer_all(call, setup);
	if (status != COMMAND_DONE)
		return status;
	setup_find_old(setup);
	text_init(&copies, lines, sizeof(lines));
	if (setup_write(setup, &copies, &problem) < 0) {
		fprintf(stderr, "pam-wechat setup: %s; nothing was written\n", problem.text);
		return COMMAND_REFUSED;
	}
	setup_advise(setup, lines);
	return COMMAND_DONE;
}

static enum command_exit run(const struct command_call *call)
{
	const char *directory = call_value(call, "dir");
	struct setup setup = {.directory = directory == NULL ? PATH_CONF_DIR : directory};
	enum command_exit status;

	if (strcmp(call->conf, PATH_CONF) != 0) {
		fprintf(stderr,
			"pam-wechat setup: writes into --dir DIR; --conf is for the others\n");
		return COMMAND_USAGE;
	}
	if (directory_fault(setup.directory) != NULL) {
		fprintf(stderr, "pam-wechat setup: --dir %s\n", directory_fault(setup.directory));
		return COMMAND_USAGE;
	}
	/* No core dump holds the secret. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	setup.force = call_value(call, "force") != NULL;
	status = run_with(call, &setup);
	explicit_bzero(setup.secret, sizeof(setup.secret));
	return status;
}

const struct command command_setup = {
	.name = "setup",
	.words = "",
	.summary = "write the first configuration, by three questions",
	.description =
		"Asks for the account's AppID and app secret and for the address that phones\n"
		"open, says where each is found, and writes pam_wechat.conf, helper.conf,\n"
		"secret and users. Says what the web server and WeChat need. What is given as\n"
		"an option is not asked for.",
	.options =
		(const struct command_option[]){
			{"appid", "APPID", COMMAND_TEXT, "the account's AppID"},
			{"secret-file", "FILE", COMMAND_FILE, "read the app secret from FILE"},
			{"url", "URL", COMMAND_TEXT, "the address that phones open"},
			{"yes", NULL, COMMAND_NOTHING, "ask nothing: what is missing is an error"},
			{"force", NULL, COMMAND_NOTHING,
				"replace files, keeping them as NAME.before-setup, .2, .3…"},
			{"dir", "DIR", COMMAND_DIRECTORY, "write into DIR, not " PATH_CONF_DIR},
			{NULL, NULL, COMMAND_NOTHING, NULL},
		},
	.run = run,
};
