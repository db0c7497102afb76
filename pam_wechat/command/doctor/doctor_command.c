/* doctor - looks at the whole installation and names the line to change. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "call.h"
#include "doctor.h"
#include "report.h"
#include "text.h"

enum {
	NEEDS_ROOT = 1,
	NEEDS_NETWORK = 2,
	NEEDS_SETTINGS = 4,
};

static const struct check {
	const char *what; /* NULL: nothing is looked at yet */
	unsigned int needs;
	void (*run)(struct doctor *doctor);
} checks[] = {
	{"the clock", 0, doctor_check_clock},
	{"pam_wechat.conf", 0, doctor_check_conf},
	{"the app secret's file", NEEDS_SETTINGS | NEEDS_ROOT, doctor_check_secret},
	{"the exchange program and its user", NEEDS_SETTINGS, doctor_check_exchange},
	{"the links of logins", NEEDS_SETTINGS, doctor_check_link},
	{"the users table", NEEDS_SETTINGS | NEEDS_ROOT, doctor_check_users},
	{"the helper and helper.conf", 0, doctor_check_helper},
	{NULL, 0, doctor_begin_network},
	{"the helper's socket", NEEDS_SETTINGS | NEEDS_ROOT, doctor_check_socket},
	{"the running helper", 0, doctor_check_running_helper},
	{"a sign-in up to the helper", NEEDS_SETTINGS | NEEDS_ROOT, doctor_check_trial},
	{"PAM services", 0, doctor_check_pam},
	{"PAM services that should ask", 0, doctor_check_services},
	{"empty passwords", NEEDS_ROOT, doctor_check_empty},
	{"who may write PAM's and sshd's files", 0, doctor_check_trust},
	{"what is on trial", 0, doctor_check_rehearsals},
	{"sshd", NEEDS_ROOT, doctor_check_sshd},
	{"login", 0, doctor_check_login},
	{"systemd's units", 0, doctor_check_units},
	{"SELinux and AppArmor", 0, doctor_check_confinement},
	{"the public address", NEEDS_SETTINGS | NEEDS_NETWORK | NEEDS_ROOT,
		doctor_check_public_url},
	{"WeChat's API", NEEDS_SETTINGS | NEEDS_NETWORK | NEEDS_ROOT, doctor_check_api},
};

static const struct finding_kind not_checked = {
	"not-checked", SEVERITY_NOTE, "something may be wrong here that was not looked at"};

static const char *const names[] = {"error", "warning", "note"};

bool doctor_may_look(const struct doctor *doctor)
{
	return doctor->is_root ||
	       (doctor->has_settings && access(doctor->settings.secret_file, R_OK) == 0);
}

/* Why a check is not made, and what to do about that. */
static const struct lack {
	const char *what, *mend;
} lacks[] = {
	{"needs a sound pam_wechat.conf", "mend that first, and run pam-wechat doctor again"},
	{"only root may look", "run it as root: sudo pam-wechat doctor"},
	{"left out by --offline", "run it without --offline"},
};
#define LACKS (sizeof(lacks) / sizeof(lacks[0]))

/* Returns the place of what this check lacks, or LACKS. */
static size_t find_lack(const struct doctor *doctor, const struct check *check)
{
	if ((check->needs & NEEDS_SETTINGS) != 0 && !doctor->has_settings)
		return doctor->is_root ? 0 : 1;
	if ((check->needs & NEEDS_ROOT) != 0 && !doctor_may_look(doctor))
		return 1;
	return (check->needs & NEEDS_NETWORK) != 0 && doctor->offline ? 2 : LACKS;
}

void doctor_look(struct doctor *doctor)
{
	char names_of[LACKS][512];
	struct text left_out[LACKS];

	for (size_t i = 0; i < LACKS; i++)
		text_init(&left_out[i], names_of[i], sizeof(names_of[i]));
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		size_t lack = find_lack(doctor, &checks[i]);

		if (lack == LACKS)
			checks[i].run(doctor);
		else
			text_addf(&left_out[lack], "%s%s", left_out[lack].length > 0 ? ", " : "",
				checks[i].what);
	}
	doctor_say_progress(doctor, "");
	for (size_t i = 0; i < LACKS; i++) {
		if (left_out[i].length == 0)
			continue;
		doctor_find(doctor, &not_checked, NULL, 0, "%s (%s)", names_of[i], lacks[i].what);
		doctor_mend_elsewhere(doctor, MEND_AGAIN, "%s", lacks[i].mend);
	}
	doctor_tidy(doctor);
}

static size_t count_of(const struct doctor *doctor, enum severity severity)
{
	size_t count = 0;

	for (size_t i = 0; i < doctor->count; i++)
		count += doctor->findings[i].kind->severity == severity;
	return count;
}

/* The sentence; and what programs can apply, or why there is nothing of that kind. */
static void show_mend(struct report *report, const struct mend *mend)
{
	if (mend->text[0] == '\0') {
		report_string(report, "mend", NULL);
		return;
	}
	report_enter(report, "mend");
	report_string(report, "text", mend->text);
	if (mend->file != NULL) {
		report_exact(report, "file", mend->file);
		if (mend->line > 0)
			report_number(report, "line", mend->line);
		else
			report_string(report, "line", NULL);
		report_exact(report, "old", mend->old);
		report_exact(report, "new", mend->new);
	}
	if (mend->then != NULL)
		report_exact(report, "then", mend->then);
	if (mend->command != NULL)
		report_exact(report, "command", mend->command);
	if (mend->place != MEND_HERE)
		report_string(report, "elsewhere", doctor_mend_word(mend->place));
	report_leave(report);
}

static void show_finding(struct report *report, const struct finding *finding)
{
	char line[32] = "";

	report_item(report, "findings");
	report_string(report, "id", finding->kind->id);
	report_string(report, "severity", names[finding->kind->severity]);
	report_string(report, "what", finding->what);
	report_string(report, "why", finding->kind->why);
	show_mend(report, &finding->mend);
	report_string(report, "file", finding->file);
	if (finding->line > 0)
		report_number(report, "line", finding->line);
	else
		report_string(report, "line", NULL);
	if (finding->line > 0)
		(void)snprintf(line, sizeof(line), ":%ld", finding->line);
	report_line(report, "%s: %s%s%s%s", finding->kind->id,
		finding->file == NULL ? "" : finding->file, line, finding->file == NULL ? "" : ": ",
		finding->what);
	report_line(report, "    why:  %s", finding->kind->why);
	if (finding->mend.text[0] != '\0')
		report_line(report, "    mend: %s", finding->mend.text);
	report_line(report, "%s", "");
}

static void show(struct doctor *doctor, struct report *report)
{
	static const char *const titles[] = {"Errors", "Warnings", "Notes"};
	size_t counts[3];

	for (int severity = SEVERITY_ERROR; severity <= SEVERITY_NOTE; severity++)
		counts[severity] = count_of(doctor, (enum severity)severity);
	report_number(report, "errors", (long)counts[SEVERITY_ERROR]);
	report_number(report, "warnings", (long)counts[SEVERITY_WARNING]);
	report_number(report, "notes", (long)counts[SEVERITY_NOTE]);
	report_list(report, "findings");
	for (int severity = SEVERITY_ERROR; severity <= SEVERITY_NOTE; severity++) {
		if (counts[severity] > 0)
			report_line(report, "== %s ==\n", titles[severity]);
		for (size_t i = 0; i < doctor->count; i++) {
			if (doctor->findings[i].kind->severity == (enum severity)severity)
				show_finding(report, &doctor->findings[i]);
		}
	}
	report_line(report, "%zu error%s, %zu warning%s, %zu note%s", counts[0],
		counts[0] == 1 ? "" : "s", counts[1], counts[1] == 1 ? "" : "s", counts[2],
		counts[2] == 1 ? "" : "s");
}

static enum command_exit examine(const struct command_call *call, struct report *report)
{
	struct doctor doctor = {
		.conf = call->conf,
		.offline = call_value(call, "offline") != NULL,
		.is_root = geteuid() == 0,
	};
	enum command_exit status;

	doctor_look(&doctor);
	show(&doctor, report);
	status = count_of(&doctor, SEVERITY_ERROR) > 0     ? COMMAND_USAGE
	         : count_of(&doctor, SEVERITY_WARNING) > 0 ? COMMAND_REFUSED
	                                                   : COMMAND_DONE;
	doctor_finish(&doctor);
	return status;
}

static enum command_exit run(const struct command_call *call)
{
	struct report *report = report_create(call_value(call, "json") != NULL);
	enum command_exit status = call->word_count == 1 ? doctor_explain(call->words[0], report)
	                                                 : examine(call, report);

	report_finish(&report);
	return status;
}

const struct command command_doctor = {
	.name = "doctor",
	.words = "[CODE]",
	.words_max = 1,
	.word = COMMAND_TEXT,
	.summary = "look for what is wrong, and say what mends it",
	.description =
		"Looks at configuration, helper, PAM services, sshd and the way to WeChat,\n"
		"and changes nothing. With CODE it explains an error number of WeChat's pages\n"
		"or API (10003, 40164, -1). Exit status: 0 fine, 1 warnings, 2 errors.",
	.options =
		(const struct command_option[]){
			{"offline", NULL, COMMAND_NOTHING, "leave out what needs the network"},
			{"json", NULL, COMMAND_NOTHING, "for programs"},
			{NULL, NULL, COMMAND_NOTHING, NULL},
		},
	.run = run,
};
