/*
 * host - a PAM application for the tests: its conversation goes over standard input and output.
 *
 * It writes one JSON object a line: {"message": {"style": "prompt", "text": ...}} and at the end
 * {"result": {"code": 9, "name": "PAM_AUTHINFO_UNAVAIL"}}. After a prompt it reads one line:
 * {"answer": "1234"}, {"answer": null} for none at all, or {"fail": true} for a conversation that
 * fails. With --linger it stays after the result until its standard input ends, for the test to
 * look at what the call has left behind. With --terminal it is in a session of its own that this
 * terminal controls, and that is its standard input, or with --input that is another; the answers
 * come from where they came before.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <security/pam_appl.h>

static const struct {
	int code;
	const char *name;
} codes[] = {
	{PAM_SUCCESS, "PAM_SUCCESS"},
	{PAM_SERVICE_ERR, "PAM_SERVICE_ERR"},
	{PAM_SYSTEM_ERR, "PAM_SYSTEM_ERR"},
	{PAM_BUF_ERR, "PAM_BUF_ERR"},
	{PAM_PERM_DENIED, "PAM_PERM_DENIED"},
	{PAM_AUTH_ERR, "PAM_AUTH_ERR"},
	{PAM_AUTHINFO_UNAVAIL, "PAM_AUTHINFO_UNAVAIL"},
	{PAM_USER_UNKNOWN, "PAM_USER_UNKNOWN"},
	{PAM_MAXTRIES, "PAM_MAXTRIES"},
	{PAM_CONV_ERR, "PAM_CONV_ERR"},
	{PAM_IGNORE, "PAM_IGNORE"},
	{PAM_ABORT, "PAM_ABORT"},
	{PAM_MODULE_UNKNOWN, "PAM_MODULE_UNKNOWN"},
};

static FILE *answers;

struct host {
	pam_handle_t *pamh;
	const char
		*change; /* who PAM_USER becomes during the conversation; NULL: nothing changes */
	bool interrupts; /* ^C comes with each message */
};

static void print_result(int code)
{
	const char *name = "?";

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (codes[i].code == code)
			name = codes[i].name;
	}
	printf("{\"result\": {\"code\": %d, \"name\": \"%s\"}}\n", code, name);
	fflush(stdout);
}

static const char *style_name(int style)
{
	switch (style) {
	case PAM_PROMPT_ECHO_ON:
		return "prompt";
	case PAM_PROMPT_ECHO_OFF:
		return "prompt_hidden";
	case PAM_ERROR_MSG:
		return "error";
	case PAM_TEXT_INFO:
		return "info";
	default:
		return "unknown";
	}
}

static void print_message(const struct pam_message *message)
{
	cJSON *line = cJSON_CreateObject();
	cJSON *inner = cJSON_AddObjectToObject(line, "message");
	char *text;

	cJSON_AddStringToObject(inner, "style", style_name(message->msg_style));
	cJSON_AddStringToObject(inner, "text", message->msg);
	text = cJSON_PrintUnformatted(line);
	puts(text);
	fflush(stdout);
	free(text);
	cJSON_Delete(line);
}

/* Reads what the test answers. Returns false if the conversation is to fail. */
static bool read_answer(char **answer)
{
	char line[65536];
	const cJSON *string;
	cJSON *object;
	bool goes_on = false;

	if (fgets(line, sizeof(line), answers) == NULL)
		return false;
	object = cJSON_Parse(line);
	string = cJSON_GetObjectItemCaseSensitive(object, "answer");
	if (cJSON_IsString(string)) {
		*answer = strdup(string->valuestring);
		goes_on = *answer != NULL;
	} else if (cJSON_IsNull(string)) {
		goes_on = true;
	}
	cJSON_Delete(object);
	return goes_on;
}

/* Sets all that PAM knows of the login anew, which frees what was there. */
static bool change_items(const struct host *host)
{
	return pam_set_item(host->pamh, PAM_USER, host->change) == PAM_SUCCESS &&
	       pam_set_item(host->pamh, PAM_SERVICE, "changed") == PAM_SUCCESS &&
	       pam_set_item(host->pamh, PAM_RHOST, "changed") == PAM_SUCCESS &&
	       pam_set_item(host->pamh, PAM_TTY, "changed") == PAM_SUCCESS;
}

static int converse(int count, const struct pam_message **messages, struct pam_response **responses,
	void *context)
{
	struct pam_response *made = calloc((size_t)count, sizeof(*made));
	const struct host *host = context;

	if (made == NULL)
		return PAM_BUF_ERR;
	if (host->change != NULL && !change_items(host)) {
		free(made);
		return PAM_CONV_ERR;
	}
	for (int i = 0; i < count; i++) {
		int style = messages[i]->msg_style;

		print_message(messages[i]);
		if (host->interrupts)
			(void)raise(SIGINT);
		if (style != PAM_PROMPT_ECHO_ON && style != PAM_PROMPT_ECHO_OFF)
			continue;
		if (!read_answer(&made[i].resp)) {
			for (int j = 0; j < i; j++)
				free(made[j].resp);
			free(made);
			return PAM_CONV_ERR;
		}
	}
	*responses = made;
	return PAM_SUCCESS;
}

static void reap_everything(int number)
{
	int saved = errno;

	(void)number;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
	errno = saved;
}

/* What hosts do about SIGCHLD: "ignore", "reap" everything themselves, or "block". */
static bool set_sigchld(const char *manner)
{
	struct sigaction action = {.sa_handler = SIG_IGN};
	sigset_t child;

	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	if (strcmp(manner, "block") == 0)
		return sigprocmask(SIG_BLOCK, &child, NULL) == 0;
	if (strcmp(manner, "reap") == 0)
		action.sa_handler = reap_everything;
	else if (strcmp(manner, "ignore") != 0)
		return false;
	return sigaction(SIGCHLD, &action, NULL) == 0;
}

/* As for a host that has something better to do with ^C than to die. */
static void take_no_notice(int number)
{
	(void)number;
}

/* A thread that takes and gives back memory all the time, and its locks with it. */
static void *be_busy(void *context)
{
	(void)context;
	for (size_t size = 1;; size = size % 65536 + 17) {
		void *volatile memory = malloc(size);

		free(memory);
	}
	return NULL;
}

static bool start_threads(int count)
{
	pthread_t thread;

	for (int i = 0; i < count; i++) {
		if (pthread_create(&thread, NULL, be_busy, NULL) != 0)
			return false;
	}
	return true;
}

/* Nothing has been read of the answers yet. */
static bool sit_at(const char *terminal)
{
	answers = fdopen(dup(STDIN_FILENO), "r");
	return answers != NULL && setsid() >= 0 && close(STDIN_FILENO) == 0 &&
	       open(terminal, O_RDWR) == STDIN_FILENO;
}

static bool read_from(const char *terminal)
{
	return close(STDIN_FILENO) == 0 && open(terminal, O_RDWR | O_NOCTTY) == STDIN_FILENO;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"rhost", required_argument, NULL, PAM_RHOST},
		{"tty", required_argument, NULL, PAM_TTY},
		{"silent", no_argument, NULL, 's'},
		{"setcred", no_argument, NULL, 'c'},
		{"linger", no_argument, NULL, 'l'},
		{"sigchld", required_argument, NULL, 'd'},
		{"threads", no_argument, NULL, 't'},
		{"change", required_argument, NULL, 'n'},
		{"interrupt", no_argument, NULL, 'x'},
		{"ruid", required_argument, NULL, 'u'}, /* who asks, as for a setuid program */
		{"terminal", required_argument, NULL, 'm'},
		{"input", required_argument, NULL, 'i'},
		{NULL, 0, NULL, 0},
	};
	struct host host = {.pamh = NULL};
	const struct pam_conv conversation = {.conv = converse, .appdata_ptr = &host};
	struct {
		int item;
		const char *value;
	} items[8];
	pam_handle_t *pamh = NULL;
	int count = 0, flags = 0, option, rv;
	bool setcred = false, linger = false;

	answers = stdin;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's') {
			flags |= PAM_SILENT;
		} else if (option == 'c') {
			setcred = true;
		} else if (option == 'l') {
			linger = true;
		} else if (option == 'd') {
			if (!set_sigchld(optarg))
				return EXIT_FAILURE;
		} else if (option == 't') {
			if (!start_threads(4))
				return EXIT_FAILURE;
		} else if (option == 'n') {
			host.change = optarg;
		} else if (option == 'x') {
			host.interrupts = true;
			(void)signal(SIGINT, take_no_notice);
		} else if (option == 'u') {
			if (setreuid((uid_t)atoi(optarg), (uid_t)-1) < 0)
				return EXIT_FAILURE;
		} else if (option == 'm') {
			if (!sit_at(optarg))
				return EXIT_FAILURE;
		} else if (option == 'i') {
			if (!read_from(optarg))
				return EXIT_FAILURE;
		} else if (option == '?' || count == 8) {
			return EXIT_FAILURE;
		} else {
			items[count].item = option;
			items[count++].value = optarg;
		}
	}
	if (argc - optind != 2) {
		fprintf(stderr,
			"usage: %s [--rhost HOST] [--tty TTY] [--silent] [--setcred] [--linger] "
			"[--sigchld ignore|reap|block] [--threads] [--change USER] [--ruid UID] "
			"[--interrupt] [--terminal PATH] [--input PATH] SERVICE USER\n",
			argv[0]);
		return EXIT_FAILURE;
	}
	rv = pam_start(argv[optind], argv[optind + 1], &conversation, &pamh);
	host.pamh = pamh;
	for (int i = 0; i < count && rv == PAM_SUCCESS; i++)
		rv = pam_set_item(pamh, items[i].item, items[i].value);
	if (rv == PAM_SUCCESS)
		rv = setcred ? pam_setcred(pamh, PAM_ESTABLISH_CRED | flags)
		             : pam_authenticate(pamh, flags);
	print_result(rv);
	while (linger && getc(answers) != EOF)
		continue;
	(void)pam_end(pamh, rv);
	return EXIT_SUCCESS;
}
