/* status - whether it runs, and with what, on one screen. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app_secret.h"
#include "call.h"
#include "conf.h"
#include "helper_program.h"
#include "helper_status.h"
#include "pam_asking.h"
#include "pam_folder.h"
#include "problem.h"
#include "report.h"
#include "safe_file.h"
#include "secret.h"
#include "settings.h"
#include "text.h"
#include "users.h"

/* All that is found out, before any of it is shown. */
struct status {
	struct report *report;
	struct settings settings;
	bool has_settings;
	char helper_path[PATH_MAX];
	char helper_lines[8192]; /* effective settings of the helper; "": not known */
	struct problem conf_problem, helper_problem, secret_problem, users_problem;
	long user_count, binding_count;
	struct dirent **services;
	int service_count; /* -1: the directory can't be read */
};

static void read_helper_conf(struct status *status, const char *conf)
{
	const char *arguments[] = {"-T", "-c", status->helper_path, NULL};

	if (helper_program_conf(conf, status->helper_path, sizeof(status->helper_path)) < 0) {
		problem_set(&status->helper_problem, -ENAMETOOLONG, "%s: too long", conf);
		return;
	}
	if (helper_program_run(arguments, status->helper_lines, sizeof(status->helper_lines),
		    &status->helper_problem) < 0)
		status->helper_lines[0] = '\0';
}

static void read_secret(struct status *status)
{
	const char *path = status->settings.secret_file;
	struct secret *contents = NULL;

	if (safe_file_read(path, SAFE_FILE_SECRET, 256, &contents, &status->secret_problem) == 0 &&
		!app_secret_is_valid(contents->bytes, strcspn(contents->bytes, "\n")))
		problem_set(&status->secret_problem, -EINVAL, "%s: this is no app secret", path);
	secret_free(&contents);
}

static void count_users(struct status *status)
{
	struct users *users = NULL;

	if (users_read(status->settings.users_file, &users, &status->users_problem) < 0)
		return;
	for (size_t i = 0; users_user_at(users, i) != NULL; i++) {
		status->user_count += users_is_first_at(users, i);
		status->binding_count++;
	}
	users_free(&users);
}

static void list_services(struct status *status)
{
	int count = pam_folder_list(&status->services);

	status->service_count = count < 0 ? -1 : 0;
	for (int i = 0; i < count; i++) {
		struct pam_asking found;

		if (pam_asking_find(status->services[i]->d_name, &found) > 0)
			status->services[status->service_count++] = status->services[i];
		else
			free(status->services[i]);
	}
}

static void show_file(
	struct status *status, const char *what, const char *path, const struct problem *problem)
{
	report_item(status->report, "files");
	report_string(status->report, "file", what);
	report_string(status->report, "path", path);
	report_flag(status->report, "good", problem->text[0] == '\0');
	report_string(status->report, "problem", problem->text[0] == '\0' ? NULL : problem->text);
	if (problem->text[0] == '\0')
		report_line(status->report, "%-16s %s: good", what, path);
	else
		report_line(status->report, "%-16s %s", what, problem->text);
}

enum running { RUNNING, NOT_RUNNING, NOT_KNOWN };

/*
 * Whether it answers: that its socket is listened to says nothing, because systemd does so before
 * it runs. `helper_status` is what it tells.
 */
static enum running ask_helper(
	struct status *status, struct helper_status *helper_status, struct problem *problem)
{
	char listen[256] = "", figures[256] = "";
	struct problem health = {.text = ""};
	bool answers;

	(void)helper_program_value(status->helper_lines, "listen", listen, sizeof(listen));
	(void)helper_program_value(status->helper_lines, "status_socket", figures, sizeof(figures));
	if (listen[0] == '\0') {
		*problem = status->helper_problem;
		return NOT_KNOWN;
	}
	answers = figures[0] != '\0' &&
	          helper_status_ask_metrics(figures, helper_status, problem) == 0;
	answers = helper_status_ask_health(listen, &health) == 0 || answers;
	*problem = health;
	return answers ? RUNNING : NOT_RUNNING;
}

/* A time as people read it, by the machine's own zone. */
static const char *make_time(char *shown, size_t size, long at)
{
	time_t time = at;
	struct tm parts;

	if (localtime_r(&time, &parts) == NULL ||
		strftime(shown, size, "%Y-%m-%d %H:%M:%S %Z", &parts) == 0)
		shown[0] = '\0';
	return shown;
}

static void show_number(struct report *report, const char *name, long number, long least)
{
	if (number >= least)
		report_number(report, name, number);
	else
		report_string(report, name, NULL);
}

static void show_figures(struct report *report, const struct helper_status *said)
{
	char shown[64];

	show_number(report, "pending", said->pending, 0);
	show_number(report, "last_sign_in", said->last_in, 1);
	show_number(report, "last_failure", said->last_failed, 1);
	report_string(report, "last_failure_reason", said->last_failed > 0 ? said->failure : NULL);
	if (said->pending < 0) {
		report_line(report, "%-16s not known: status_socket of helper.conf tells it",
			"pending logins");
		return;
	}
	report_line(report, "%-16s %ld", "pending logins", said->pending);
	if (said->last_in >= 0)
		report_line(report, "%-16s %s", "last sign-in",
			said->last_in == 0 ? "none since the helper started"
					   : make_time(shown, sizeof(shown), said->last_in));
	if (said->last_failed > 0)
		report_line(report, "%-16s %s, reason=%s", "last failure",
			make_time(shown, sizeof(shown), said->last_failed), said->failure);
	else if (said->last_failed == 0)
		report_line(report, "%-16s none since the helper started", "last failure");
}

static bool show_helper(struct status *status)
{
	struct helper_status said = {.pending = -1, .last_in = -1, .last_failed = -1};
	struct problem problem = {.text = ""};
	enum running running = ask_helper(status, &said, &problem);
	const char *cause =
		problem.text[0] == '\0' ? "its configuration is not known" : problem.text;

	if (running == NOT_KNOWN)
		report_string(status->report, "running", NULL);
	else
		report_flag(status->report, "running", running == RUNNING);
	report_string(status->report, "version", said.version[0] == '\0' ? NULL : said.version);
	if (running == RUNNING)
		report_line(status->report, "%-16s running%s%s", "helper",
			said.version[0] == '\0' ? "" : ", version ", said.version);
	else
		report_string(status->report, "problem", cause);
	if (running == NOT_RUNNING)
		report_line(status->report,
			"%-16s not running: %s\n%-16s try: systemctl restart "
			"pam-wechat-helper.socket pam-wechat-helper",
			"helper", cause, "");
	if (running == NOT_KNOWN)
		report_line(status->report, "%-16s not known: %s", "helper", cause);
	if (running == RUNNING)
		show_figures(status->report, &said);
	else
		report_string(status->report, "pending", NULL);
	return running == RUNNING;
}

static void show_users(struct status *status)
{
	if (!status->has_settings || status->users_problem.text[0] != '\0') {
		report_string(status->report, "users", NULL);
		report_line(status->report, "%-16s not known", "users");
		return;
	}
	report_number(status->report, "users", status->user_count);
	report_number(status->report, "bindings", status->binding_count);
	report_line(status->report, "%-16s %ld, by %ld WeChat accounts%s", "users",
		status->user_count, status->binding_count,
		status->user_count == 0 ? ": pam-wechat enroll USER adds one" : "");
}

static void show_files(struct status *status, const char *conf)
{
	report_list(status->report, "files");
	show_file(status, "pam_wechat.conf", conf, &status->conf_problem);
	show_file(status, "helper.conf", status->helper_path, &status->helper_problem);
	if (!status->has_settings)
		return;
	show_file(status, "secret", status->settings.secret_file, &status->secret_problem);
	show_file(status, "users", status->settings.users_file, &status->users_problem);
}

static void show_services(struct status *status)
{
	report_list(status->report, "services");
	if (status->service_count <= 0)
		report_line(status->report, "%-16s %s", "PAM services",
			status->service_count == 0
				? "none names the module: pam-wechat enable SERVICE"
				: "not known: " PAM_FOLDER " can't be read");
	for (int i = 0; i < status->service_count; i++) {
		report_item(status->report, "services");
		report_string(status->report, "service", status->services[i]->d_name);
		report_line(status->report, "%-16s %s", i == 0 ? "PAM services" : "",
			status->services[i]->d_name);
		free(status->services[i]);
	}
	free(status->services);
}

/* For scripts: each service, and the line by which it asks. */
static enum command_exit print_services(void)
{
	struct dirent **files = NULL;
	int count = pam_folder_list(&files);

	if (count < 0) {
		fprintf(stderr, "pam-wechat status: %s: %s\n", PAM_FOLDER, strerror(-count));
		return COMMAND_REFUSED;
	}
	for (int i = 0; i < count; i++) {
		struct pam_asking found;

		if (pam_asking_find(files[i]->d_name, &found) > 0)
			printf("%s %s:%ld\n", files[i]->d_name, found.file, found.line);
		free(files[i]);
	}
	free(files);
	return COMMAND_DONE;
}

static enum command_exit run(const struct command_call *call)
{
	static struct status status;
	bool is_running;

	if (call_value(call, "services") != NULL)
		return print_services();

	status.has_settings = conf_read(call->conf, &status.settings, &status.conf_problem) == 0;
	read_helper_conf(&status, call->conf);
	if (status.has_settings) {
		read_secret(&status);
		count_users(&status);
	}
	list_services(&status);
	status.report = report_create(call_value(call, "json") != NULL);
	is_running = show_helper(&status);
	show_users(&status);
	show_files(&status, call->conf);
	show_services(&status);
	report_finish(&status.report);
	settings_finish(&status.settings);
	return is_running ? COMMAND_DONE : COMMAND_REFUSED;
}

const struct command command_status = {
	.name = "status",
	.words = "",
	.summary = "show whether it runs, and with what",
	.description =
		"Shows the helper, pending logins, when a sign-in last succeeded and failed,\n"
		"users, the configuration's files and the PAM services that name the module.\n"
		"Exit status 0: the helper answers; 1: it does not.",
	.options =
		(const struct command_option[]){
			{"json", NULL, COMMAND_NOTHING, "for programs"},
			{"services", NULL, COMMAND_NOTHING,
				"the PAM services alone, each with its line"},
			{NULL, NULL, COMMAND_NOTHING, NULL},
		},
	.run = run,
};
