/* enroll - links a person's WeChat to a local user: they scan, and read the digits out. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "account.h"
#include "call.h"
#include "conf.h"
#include "display.h"
#include "enroll_link.h"
#include "enroll_roster.h"
#include "enroll_scan.h"
#include "file_update.h"
#include "problem.h"
#include "prompt.h"
#include "settings.h"
#include "text.h"
#include "users.h"

struct enrolment {
	struct settings settings;
	struct prompt prompt;
	struct enroll_roster roster;
	bool link_alone, force, is_batch;
	bool quits;
	size_t linked, linked_before;
};

static enum command_exit fail(const struct problem *problem, enum command_exit status)
{
	(void)fflush(stdout);
	fprintf(stderr, "pam-wechat enroll: %s\n", problem->text);
	return status;
}

/* Counts what the table has for a user. A table that is not there yet has nothing. */
static int count_links(const char *path, const char *user, size_t *count, struct problem *problem)
{
	struct users *users = NULL;
	struct text ignored;
	char nothing[1];
	int rv = users_read(path, &users, problem);

	*count = 0;
	if (rv == -ENOENT)
		return 0;
	if (rv == 0) {
		text_init(&ignored, nothing, sizeof(nothing));
		*count = users_add_openids(users, user, enroll_uid_of(user), &ignored);
	}
	users_free(&users);
	return rv;
}

/* Sees that the table could be changed, before somebody is asked to scan. */
static int try_table(const char *path, struct problem *problem)
{
	struct update *update = NULL;
	int rv = file_update_open(path, &update, problem);

	file_update_close(&update);
	return rv;
}

static enum command_exit code_of(enum reason reason)
{
	return reason == REASON_SETUP || reason == REASON_REJECTED ? COMMAND_USAGE
	                                                           : COMMAND_REFUSED;
}

static void warn_of_root(const char *user)
{
	struct account account;

	if (account_find(&account, user) < 0)
		return;
	if (account.uid == 0)
		printf("Careful: whoever holds this phone will be root on this machine.\n");
	account_finish(&account);
}

static enum command_exit link_named(
	struct enrolment *enrolment, const struct enroll_scan *scan, const char *shown)
{
	struct problem problem = {.text = ""};

	printf("\nWeChat named    %s\n", scan->openid);
	if (scan->nickname[0] != '\0')
		printf("with nickname   %s  (as WeChat shows it; proves nothing)\n",
			scan->nickname);
	switch (enroll_link(enrolment->settings.users_file, scan->user, scan->openid,
		&enrolment->prompt, &problem)) {
	case ENROLL_LINKED:
		enrolment->linked++;
		printf("Linked. Let %s sign in once: that shows that it was the right phone.\n",
			shown);
		return COMMAND_DONE;
	case ENROLL_LINKED_BEFORE:
		enrolment->linked_before++;
		printf("This WeChat is linked to %s already: nothing had to be changed.\n", shown);
		return COMMAND_DONE;
	case ENROLL_DECLINED:
		printf("%sNot linked.\n", enrolment->prompt.ended ? "\n" : "");
		return COMMAND_REFUSED;
	case ENROLL_FAILED:
		break;
	}
	return fail(&problem, COMMAND_REFUSED);
}

/* Enrols one user, who has passed the roster's judgement. */
static enum command_exit enroll(struct enrolment *enrolment, const char *user)
{
	const struct settings *settings = &enrolment->settings;
	struct enroll_scan scan = {.settings = settings,
		.user = user,
		.link_alone = enrolment->link_alone,
		.prompt = &enrolment->prompt};
	struct problem problem = {.text = ""};
	enum reason reason;
	char shown[DISPLAY_NAME_SIZE];
	size_t count;

	display_name(shown, user);
	if (count_links(settings->users_file, user, &count, &problem) < 0)
		return fail(&problem, COMMAND_USAGE);
	if (count > 0 && enrolment->is_batch) {
		printf("%s is linked already.\n", shown);
		enrolment->linked_before++;
		return COMMAND_DONE;
	}
	if (count >= SETTINGS_OPENIDS_MAX) {
		problem_set(&problem, 0, "%s has %zu WeChat accounts, and no user may have more",
			shown, count);
		return fail(&problem, COMMAND_REFUSED);
	}
	warn_of_root(user);
	if (count > 0)
		printf("%s has %zu WeChat account%s already; this will be one more.\n", shown,
			count, count == 1 ? "" : "s");
	reason = enroll_scan_run(&scan);
	if (reason == REASON_NONE)
		return link_named(enrolment, &scan, shown);
	if (reason == REASON_INTERRUPTED)
		printf("\nGiven up.\n");
	printf("Nothing was changed.\n");
	return code_of(reason);
}

/* Asks what to do about a user for whom it failed. Returns whether to try again. */
static bool wants_retry(struct enrolment *enrolment, const char *shown)
{
	char line[PROMPT_LINE_MAX];

	for (;;) {
		printf("%s: [r]etry, [s]kip, [q]uit? ", shown);
		if (prompt_next(&enrolment->prompt, -1, line) < 0 || strcasecmp(line, "q") == 0 ||
			strcasecmp(line, "quit") == 0) {
			enrolment->quits = true;
			return false;
		}
		if (strcasecmp(line, "r") == 0 || strcasecmp(line, "retry") == 0)
			return true;
		if (strcasecmp(line, "s") == 0 || strcasecmp(line, "skip") == 0)
			return false;
	}
}

static enum command_exit enroll_all(struct enrolment *enrolment)
{
	const struct enroll_roster *roster = &enrolment->roster;
	size_t count = roster->count, left_out;
	char shown[DISPLAY_NAME_SIZE], names[4096];
	struct text list;

	text_init(&list, names, sizeof(names));
	for (size_t i = 0; i < count; i++) {
		bool done = false, again = !enrolment->quits;

		display_name(shown, roster->names[i]);
		if (again)
			printf("\n%s (%zu of %zu)\n", shown, i + 1, count);
		while (again && !done) {
			done = enroll(enrolment, roster->names[i]) == COMMAND_DONE;
			again = !done && wants_retry(enrolment, shown);
		}
		if (!done)
			text_addf(&list, " %s", shown);
	}
	left_out = count - enrolment->linked - enrolment->linked_before;
	printf("\n%zu linked, %zu linked before, %zu left out%s%s\n", enrolment->linked,
		enrolment->linked_before, left_out, left_out == 0 ? "" : ":", names);
	return left_out == 0 ? COMMAND_DONE : COMMAND_REFUSED;
}

/* Reads everything that may be wrong before anybody scans. */
static enum command_exit prepare(struct enrolment *enrolment, const struct command_call *call)
{
	const char *batch = call_value(call, "batch");
	struct problem problem = {.text = ""};
	size_t count;

	if (conf_read(call->conf, &enrolment->settings, &problem) < 0 ||
		count_links(enrolment->settings.users_file, "", &count, &problem) < 0 ||
		try_table(enrolment->settings.users_file, &problem) < 0)
		return fail(&problem, COMMAND_USAGE);
	if (batch != NULL)
		return enroll_roster_read(&enrolment->roster, batch, enrolment->force) < 0
		               ? COMMAND_USAGE
		               : COMMAND_DONE;
	if (enroll_roster_judge(call->words[0], enrolment->force, &problem) < 0)
		return fail(&problem, COMMAND_REFUSED);
	return COMMAND_DONE;
}

static enum command_exit run(const struct command_call *call)
{
	struct enrolment enrolment = {
		.link_alone = call_value(call, "link") != NULL,
		.force = call_value(call, "force") != NULL,
		.is_batch = call_value(call, "batch") != NULL,
	};
	enum command_exit status;

	if (enrolment.is_batch == (call->word_count == 1)) {
		fprintf(stderr, "pam-wechat enroll: a user, or --batch FILE, and not both\n");
		return COMMAND_USAGE;
	}
	if (geteuid() != 0) {
		fprintf(stderr, "pam-wechat enroll: only root may change the users table: "
				"run it as root, or by sudo\n");
		return COMMAND_REFUSED;
	}
	/* Neither Ctrl-\ nor a debugger takes the app secret or the digits out of here. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	status = prepare(&enrolment, call);
	if (status == COMMAND_DONE)
		status = enrolment.is_batch ? enroll_all(&enrolment)
		                            : enroll(&enrolment, call->words[0]);
	enroll_roster_finish(&enrolment.roster);
	prompt_finish(&enrolment.prompt);
	settings_finish(&enrolment.settings);
	return status;
}

const struct command command_enroll = {
	.name = "enroll",
	.words = "USER | --batch FILE",
	.words_max = 1,
	.word = COMMAND_USER,
	.summary = "link a person's WeChat to a local user",
	.description =
		"Shows a QR code. The person scans it with WeChat, taps Continue, and reads\n"
		"the four digits on the phone to you; you type them, and their WeChat is\n"
		"added to the users table. No PAM service has to be changed before, and none\n"
		"is changed.",
	.options =
		(const struct command_option[]){
			{"link", NULL, COMMAND_NOTHING,
				"the link alone, to be sent; works 5 minutes"},
			{"batch", "FILE", COMMAND_FILE,
				"one after the other: a user on each line, # comments"},
			{"force", NULL, COMMAND_NOTHING,
				"root as well, and users whom this machine does not know"},
			{NULL, NULL, COMMAND_NOTHING, NULL},
		},
	.run = run,
};
