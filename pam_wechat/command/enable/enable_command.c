/* enable - puts the PAM line of pam_wechat into the file of a service. */
#include <errno.h>
#include <shadow.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <security/pam_modules.h>

#include "by_hand.h"
#include "call.h"
#include "conf.h"
#include "decimal.h"
#include "doctor_permits.h"
#include "enable_advice.h"
#include "enable_sshd.h"
#include "file_update.h"
#include "pam_file.h"
#include "pam_folder.h"
#include "pam_judge.h"
#include "pam_load.h"
#include "pam_service.h"
#include "pam_stack.h"
#include "paragraph.h"
#include "paths.h"
#include "problem.h"
#include "rehearsal.h"
#include "rehearsal_keep.h"
#include "rehearsal_timer.h"
#include "secret.h"
#include "settings.h"
#include "text.h"
#include "users.h"

#define OPTIONS_MAX 512
#define TRIAL_SECONDS_MIN 30
#define TRIAL_SECONDS_MAX 3600
#define BEFORE_MAX 512

/* What the PAM line needs in order to read the same configuration as this command. */
static int make_options(const char *conf, char options[OPTIONS_MAX], struct problem *problem)
{
	options[0] = '\0';
	if (strcmp(conf, PATH_CONF) == 0)
		return 0;
	if (conf[0] != '/' || strpbrk(conf, " \t\n\r\\#[]") != NULL)
		return problem_set(problem, -EINVAL,
			"--conf %s: for a PAM line this has to be an absolute path without blanks, "
			"#, \\ and brackets",
			conf);
	if (text_format(options, OPTIONS_MAX, "conf=%s", conf) < 0)
		return problem_set(problem, -EINVAL, "--conf: the path is too long");
	return 0;
}

/* The line behind ours by which a denial is forgotten; ours if there is none. */
static const struct pam_entry *find_reset(
	const struct pam_stack *stack, const struct pam_entry *ours)
{
	for (const struct pam_entry *entry = ours + 1; entry < stack->entries + stack->count;
		entry++) {
		for (size_t i = 0; i < PAM_CONTROL_CODES; i++) {
			if (entry->level <= ours->level && entry->actions[i] == PAM_ACTION_RESET)
				return entry;
		}
	}
	return ours;
}

/* Lists the lines of the service's own file that can let in somebody before WeChat is asked. */
static void list_exceptions(const struct pam_stack *stack, const char *service, const char *path,
	char before[BEFORE_MAX])
{
	struct text text;

	text_init(&text, before, BEFORE_MAX);
	for (size_t i = 0; i < stack->count && !pam_entry_is_ours(&stack->entries[i]); i++) {
		const struct pam_entry *entry = &stack->entries[i];
		const struct pam_question question = {.service = service,
			.code = PAM_AUTH_ERR,
			.means = PAM_MEANS_PROOF,
			.own_file = path,
			.led_by = entry};

		/* Root, whom su lets be anybody, needs no proof. */
		if (strcmp(entry->file, path) == 0 &&
			(pam_judge_leads_around(stack, &question) ||
				(pam_module_class(entry, service) == PAM_CLASS_ROOT &&
					entry->actions[PAM_SUCCESS] == PAM_ACTION_DONE)))
			text_addf(&text, "%sline %ld (%s)", text.length == 0 ? "" : ", ",
				entry->line, entry->module);
	}
}

/* The line by which somebody could get in, without WeChat or a proof that is wanted; or NULL. */
static const struct pam_entry *find_way(
	const struct pam_stack *stack, const char *service, const char *path)
{
	const struct pam_question known = {.service = service,
		.code = PAM_AUTH_ERR,
		.means = pam_module_is_local(service) ? PAM_MEANS_NONE : PAM_MEANS_KNOWN};
	const struct pam_question around = {.service = service,
		.code = PAM_AUTH_ERR,
		.means = PAM_MEANS_PROOF,
		.own_file = path};
	const struct pam_question denial = {
		.service = service, .code = PAM_AUTH_ERR, .means = PAM_MEANS_PROOF};
	const struct pam_entry *ours = pam_stack_find_ours(stack);
	const struct pam_entry *way = pam_judge_way_around(stack, &known);

	if (way == NULL)
		way = pam_judge_way_around(stack, &around);
	if (way == NULL && ours != NULL && pam_judge_passes(stack, &denial))
		way = find_reset(stack, ours);
	return way;
}

/* Refuses a stack by which nobody gets in with the right WeChat. */
static int judge_right(struct pam_stack *stack, const char *service, struct problem *problem)
{
	const struct pam_question right = {
		.service = service, .code = PAM_SUCCESS, .means = PAM_MEANS_PROOF};
	const struct pam_entry *ours = pam_stack_find_ours(stack);
	struct problem missing = {.text = ""};
	const struct pam_entry *lost;

	for (size_t i = 0; i < stack->count; i++) {
		if (stack->entries[i].module != NULL)
			(void)pam_load_entry(&stack->entries[i], "auth", &missing);
	}
	lost = pam_judge_lost(stack, service);
	if (lost != NULL) {
		(void)pam_load_entry(&stack->entries[lost - stack->entries], "auth", &missing);
		return problem_set(problem, -ENOENT,
			"%s:%ld: nobody gets in without this module: %s", lost->file, lost->line,
			missing.text);
	}
	if (!pam_judge_passes(stack, &right))
		return problem_set(problem, -EINVAL,
			"%s:%ld: nobody gets in, even with the right WeChat: look for pam_deny.so "
			"and jumps that lead too far",
			ours->file, ours->line);
	return 0;
}

/* Refuses a stack that would ask twice, or lets people in past WeChat. */
static int judge(struct pam_stack *stack, const char *service, const char *path,
	size_t asks_expected, char before[BEFORE_MAX], struct problem *problem)
{
	const struct pam_entry *ours = pam_stack_find_ours(stack);
	const struct pam_entry *way;
	size_t asks = 0;

	for (size_t i = 0; i < stack->count; i++)
		asks += pam_entry_is_ours(&stack->entries[i]);
	if (ours != NULL && asks > asks_expected)
		return problem_set(problem, -EEXIST, "%s:%ld: WeChat is asked here already",
			ours->file, ours->line);
	if (stack->reading != PAM_READING_CLEAR)
		return problem_set(problem, -EINVAL, "%s:%ld: %s", stack->fault_file,
			stack->fault_line, stack->fault);
	/* It was made for the lines whose place ours takes, and they are not as many. */
	way = pam_judge_jump_over(stack);
	if (way != NULL)
		return problem_set(problem, -EINVAL,
			"%s:%ld: the lines that this one skips would be others then: write the PAM "
			"lines by hand",
			way->file, way->line);
	way = find_way(stack, service, path);
	if (way != NULL)
		return problem_set(problem, -EINVAL,
			"%s:%ld: by this line somebody could get in without WeChat: change it, or "
			"write the PAM lines by hand",
			way->file, way->line);
	list_exceptions(stack, service, path, before);
	return ours == NULL ? 0 : judge_right(stack, service, problem);
}

static int judge_text(const struct command_call *call, const char *path, const char *bytes,
	size_t length, size_t asks_expected, char before[BEFORE_MAX], struct problem *problem)
{
	struct pam_stack *stack;
	int rv = pam_stack_read_text(PAM_FOLDER, call->words[0], "auth", bytes, length, &stack);

	if (rv < 0)
		return problem_set(problem, rv, "out of memory");
	rv = judge(stack, call->words[0], path, asks_expected, before, problem);
	pam_stack_free(&stack);
	return rv;
}

static int judge_by_hand(const void *context, const char *path, const char *bytes, size_t length)
{
	const struct command_call *call = context;
	struct problem unsaid = {.text = ""};
	char before[BEFORE_MAX];

	return judge_text(call, path, bytes, length, 1, before, &unsaid);
}

/* Makes the new text, and says how the service will work then. Returns the number of the line. */
static int edit(const struct command_call *call, const char *path, const struct secret *old,
	const char *trial, struct text *edited, char before[BEFORE_MAX], struct problem *problem)
{
	enum pam_file_form form =
		call_value(call, "second-factor") != NULL ? PAM_FILE_SECOND_FACTOR : PAM_FILE_ALONE;
	size_t length = old->size - 1;
	char options[OPTIONS_MAX];
	int line, rv;

	rv = make_options(call->conf, options, problem);
	if (rv < 0)
		return rv;
	line = pam_file_enable(path, old->bytes, length, form, options, trial, edited, problem);
	/* A file that takes its authentication from another one has no place of its own. */
	if (line < 0 && line != -ENOENT)
		return line;
	if (line == -ENOENT) {
		const struct by_hand by_hand = {.service = call->words[0],
			.path = path,
			.form = form,
			.options = options,
			.judge = judge_by_hand,
			.context = call};
		struct problem other = {.text = ""};

		rv = judge_text(call, path, old->bytes, length, 0, before, &other);
		if (rv == -EEXIST)
			*problem = other;
		else
			by_hand_describe(&by_hand, old->bytes, length, problem);
		return line;
	}
	rv = judge_text(call, path, edited->bytes, edited->length, 1, before, problem);
	return rv < 0 ? rv : line;
}

static enum command_exit complain(const struct problem *problem, enum command_exit status)
{
	paragraph_print(stderr, "pam-wechat enable: %s", problem->text);
	return status;
}

/* Whether root may sign in by a password now; so it is taken where that can't be found out. */
static bool root_has_password(void)
{
	const struct spwd *root = getspnam("root");

	return root == NULL || root->sp_pwdp == NULL || strpbrk(root->sp_pwdp, "*!") == NULL;
}

static bool root_is_listed(const struct command_call *call)
{
	struct problem problem = {.text = ""};
	struct settings settings;
	struct users *users = NULL;
	bool is_listed = conf_read(call->conf, &settings, &problem) == 0 &&
	                 users_read(settings.users_file, &users, &problem) == 0 &&
	                 users_has_user(users, "root");

	users_free(&users);
	settings_finish(&settings);
	return is_listed;
}

/* Refuses what leaves nobody who is root at the console, the last way in when all others fail. */
static int keep_console(
	const struct command_call *call, const char *before, struct problem *problem)
{
	if (strcmp(call->words[0], "login") != 0 || before[0] != '\0' ||
		call_value(call, "second-factor") != NULL || call_value(call, "force") != NULL ||
		root_is_listed(call) || !root_has_password())
		return 0;
	return problem_set(problem, -EPERM,
		"the users table does not name root: with this nobody signs in as root at the "
		"console any more, and the password does not help.\n"
		"Link root first: pam-wechat enroll root --force. Or keep the password: "
		"--second-factor. Or go on all the same: --force");
}

/* Writes the file with its new text, and keeps it as it was. Returns 0, or -errno. */
static int replace(struct update *update, const struct text *edited,
	char copy[FILE_UPDATE_COPY_MAX], struct problem *problem)
{
	int rv = file_update_back_up(update, PAM_FOLDER_BACKUP, copy, problem);

	if (rv == 0)
		rv = file_update_write(update, edited->bytes, edited->length, 0644, problem);
	if (rv < 0)
		file_update_drop_copy(update, copy);
	return rv;
}

/* `seconds` is how long the change is on trial; 0: it is not. */
static enum command_exit change(const struct command_call *call, enum sshd_form sshd,
	const char *path, long seconds, struct update *update, struct problem *problem)
{
	const struct secret *old = file_update_contents(update);
	size_t size = old->size + PAM_FILE_BLOCK_MAX;
	char *bytes = malloc(size);
	char before[BEFORE_MAX] = "", copy[FILE_UPDATE_COPY_MAX] = "";
	char trial[REHEARSAL_LINE_MAX] = "";
	enum command_exit status = COMMAND_REFUSED;
	struct rehearsal rehearsal;
	struct text edited;
	int line;

	if (bytes == NULL) {
		problem_set(problem, -ENOMEM, "out of memory");
		return COMMAND_REFUSED;
	}
	text_init(&edited, bytes, size);
	line = edit(call, path, old, trial, &edited, before, problem);
	if (line < 0 || keep_console(call, before, problem) < 0)
		goto out;
	if (!doctor_permits(call, call->words[0], problem)) {
		status = COMMAND_USAGE;
		goto out;
	}
	/* Who takes it back is there before there is anything to take back. */
	if (seconds > 0) {
		if (rehearsal_timer_start(path, seconds, &rehearsal, trial, problem) < 0)
			goto out;
		text_init(&edited, bytes, size);
		line = edit(call, path, old, trial, &edited, before, problem);
	}
	if (line < 0 || replace(update, &edited, copy, problem) < 0)
		goto out;
	enable_advise(call, path, line, before, copy, sshd, seconds > 0 ? &rehearsal : NULL);
	status = COMMAND_DONE;
out:
	free(bytes);
	return status;
}

/* Whether something is asked for that has nothing to do with --keep. */
static bool wants_change(const struct command_call *call)
{
	return call_value(call, "try") != NULL || call_value(call, "second-factor") != NULL ||
	       call_value(call, "sshd-config") != NULL || call_value(call, "force") != NULL;
}

/* What is asked for together, and how long a trial takes. Returns seconds, 0 or -EINVAL. */
static long read_seconds(const struct command_call *call, struct problem *problem)
{
	const char *seconds = call_value(call, "try");
	long number = 0;

	if (call_value(call, "keep") != NULL && wants_change(call))
		return problem_set(problem, -EINVAL, "--keep stands alone: it changes no lines");
	if (seconds != NULL && call_value(call, "sshd-config") != NULL)
		return problem_set(problem, -EINVAL,
			"--try and --sshd-config do not go together: a trial takes back the PAM "
			"lines alone");
	if (seconds != NULL)
		number = (long)decimal_parse_string(seconds, TRIAL_SECONDS_MIN, TRIAL_SECONDS_MAX);
	if (number < 0)
		return problem_set(problem, -EINVAL, "--try: a number of seconds from %d to %d",
			TRIAL_SECONDS_MIN, TRIAL_SECONDS_MAX);
	return number;
}

static enum command_exit change_service(
	const struct command_call *call, enum sshd_form sshd, long seconds)
{
	struct problem problem = {.text = ""};
	char path[PAM_SERVICE_PATH_MAX];
	struct update *update = NULL;
	enum command_exit status = pam_service_open(call, path, &update);

	if (status != COMMAND_DONE)
		return status;
	status = change(call, sshd, path, seconds, update, &problem);
	if (status != COMMAND_DONE)
		(void)complain(&problem, status);
	file_update_close(&update);
	return status;
}

/* Whether the service asks WeChat by now, and whom the table does not name something else. */
static bool asks_already(const char *service, bool *is_second_factor)
{
	struct pam_stack *stack = NULL;
	const struct pam_entry *ours = NULL;

	if (pam_stack_read(PAM_FOLDER, service, "auth", &stack) == 0)
		ours = pam_stack_find_ours(stack);
	for (int i = 0; ours != NULL && i < ours->word_count; i++)
		*is_second_factor =
			*is_second_factor || strcmp(ours->words[i], "unlisted=ignore") == 0;
	pam_stack_free(&stack);
	return ours != NULL;
}

static enum command_exit run(const struct command_call *call)
{
	bool is_second_factor = call_value(call, "second-factor") != NULL;
	enum sshd_form form, before;
	enum command_exit status;
	struct problem problem = {.text = ""};
	long seconds = read_seconds(call, &problem);
	bool is_done;

	if (seconds < 0)
		return complain(&problem, COMMAND_USAGE);
	if (!enable_sshd_fits(call))
		return COMMAND_USAGE;
	if (call_value(call, "keep") != NULL)
		return rehearsal_keep(call);
	if (call_value(call, "sshd-config") == NULL)
		return change_service(call, SSHD_FORM_NONE, seconds);
	is_done = asks_already(call->words[0], &is_second_factor);
	status = enable_sshd_write(call, is_second_factor, &form, &before);
	if (status != COMMAND_DONE)
		return status;
	if (is_done) {
		paragraph_print(stdout, PAM_FOLDER "/%s asks WeChat already.", call->words[0]);
		enable_advise_service(call->words[0], form);
		return COMMAND_DONE;
	}
	status = change_service(call, form, 0);
	if (status != COMMAND_DONE)
		enable_sshd_undo(form, before);
	return status;
}

const struct command command_enable = {
	.name = "enable",
	.words = "SERVICE",
	.words_min = 1,
	.words_max = 1,
	.word = COMMAND_SERVICE,
	.summary = "let a service ask WeChat: sshd, login, su, sudo…",
	.description =
		"Puts one marked block into " PAM_FOLDER "/SERVICE. WeChat takes the place of\n"
		"the password there, or follows it. The file as it was is kept beside it;\n"
		"\"pam-wechat disable\" takes the block out again. Nothing is changed where the\n"
		"configuration is wrong, or where the file could let people in past WeChat.\n\n"
		"With --try the change is taken back after so many seconds, also when the\n"
		"terminal is gone, unless \"pam-wechat enable SERVICE --keep\" is said in a\n"
		"sign-in that began after the change.\n\n"
		"Keep a root shell open meanwhile. For sshd, try another one first, with a\n"
		"service of its own: cp " PAM_FOLDER "/sshd " PAM_FOLDER "/sshd-wechat;\n"
		"pam-wechat enable sshd-wechat.",
	.options =
		(const struct command_option[]){
			{"second-factor", NULL, COMMAND_NOTHING,
				"the password first, then WeChat for listed users"},
			{"sshd-config", NULL, COMMAND_NOTHING,
				"for sshd: write its options into a file of their own, too"},
			{"alone", NULL, COMMAND_NOTHING,
				"with --sshd-config: no key is taken any more"},
			{"after-key", NULL, COMMAND_NOTHING,
				"with --sshd-config: a key first, then WeChat"},
			{"yes", NULL, COMMAND_NOTHING, "with --alone and --after-key: ask nothing"},
			{"force", NULL, COMMAND_NOTHING, "login: even if it shuts root's console"},
			{"try", "SECONDS", COMMAND_TEXT, "take it back after 30 to 3600 seconds"},
			{"keep", NULL, COMMAND_NOTHING, "do not take back what is on trial"},
			{NULL, NULL, COMMAND_NOTHING, NULL},
		},
	.run = run,
};
