/* enable - puts the PAM line of pam_wechat into the file of a service. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <security/pam_modules.h>

#include "call.h"
#include "doctor_permits.h"
#include "enable_advice.h"
#include "file_update.h"
#include "pam_file.h"
#include "pam_folder.h"
#include "pam_judge.h"
#include "pam_load.h"
#include "pam_service.h"
#include "pam_stack.h"
#include "paths.h"
#include "problem.h"
#include "secret.h"
#include "text.h"

#define OPTIONS_MAX 512
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

/* Makes the new text, and says how the service will work then. Returns the number of the line. */
static int edit(const struct command_call *call, const char *path, const struct secret *old,
	struct text *edited, char before[BEFORE_MAX], struct problem *problem)
{
	enum pam_file_form form =
		call_value(call, "second-factor") != NULL ? PAM_FILE_SECOND_FACTOR : PAM_FILE_ALONE;
	size_t length = old->size - 1;
	char options[OPTIONS_MAX];
	int line, rv;

	rv = make_options(call->conf, options, problem);
	if (rv < 0)
		return rv;
	line = pam_file_enable(path, old->bytes, length, form, options, edited, problem);
	/* A file that takes its authentication from another one has no place of its own. */
	if (line < 0 && line != -ENOENT)
		return line;
	if (line == -ENOENT) {
		struct problem other = {.text = ""};

		rv = judge_text(call, path, old->bytes, length, 0, before, &other);
		if (rv == -EEXIST)
			*problem = other;
		return line;
	}
	rv = judge_text(call, path, edited->bytes, edited->length, 1, before, problem);
	return rv < 0 ? rv : line;
}

static enum command_exit complain(const struct problem *problem, enum command_exit status)
{
	fprintf(stderr, "pam-wechat enable: %s\n", problem->text);
	return status;
}

static enum command_exit change(const struct command_call *call, const char *path,
	struct update *update, struct problem *problem)
{
	const struct secret *old = file_update_contents(update);
	size_t size = old->size + PAM_FILE_BLOCK_MAX;
	char *bytes = malloc(size);
	char before[BEFORE_MAX] = "", copy[FILE_UPDATE_COPY_MAX] = "";
	struct text edited;
	int line;

	if (bytes == NULL) {
		problem_set(problem, -ENOMEM, "out of memory");
		return COMMAND_REFUSED;
	}
	text_init(&edited, bytes, size);
	line = edit(call, path, old, &edited, before, problem);
	if (line >= 0 && !doctor_permits(call, call->words[0], problem)) {
		free(bytes);
		return COMMAND_USAGE;
	}
	if (line >= 0 &&
		(file_update_back_up(update, PAM_FOLDER_BACKUP, copy, problem) < 0 ||
			file_update_write(update, bytes, edited.length, 0644, problem) < 0)) {
		file_update_drop_copy(update, copy);
		line = -1;
	}
	free(bytes);
	if (line < 0)
		return COMMAND_REFUSED;
	enable_advise(call, path, line, before, copy);
	return COMMAND_DONE;
}

static enum command_exit run(const struct command_call *call)
{
	struct problem problem = {.text = ""};
	char path[PAM_SERVICE_PATH_MAX];
	struct update *update = NULL;
	enum command_exit status = pam_service_open(call, path, &update);

	if (status != COMMAND_DONE)
		return status;
	status = change(call, path, update, &problem);
	if (status != COMMAND_DONE)
		(void)complain(&problem, status);
	file_update_close(&update);
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
		"Puts one marked block into " PAM_FOLDER
		"/SERVICE. WeChat takes the place of the password\n"
		"there, or follows it. The file as it was is kept beside it; \"pam-wechat "
		"disable\" "
		"takes\nthe block out again. Nothing is changed where the configuration is wrong, "
		"or "
		"where the\nfile could let people in past WeChat.\n\n"
		"Keep a root shell open meanwhile. For sshd, try another one first, with a service "
		"of its\nown: cp " PAM_FOLDER "/sshd " PAM_FOLDER
		"/sshd-wechat; pam-wechat enable sshd-wechat.",
	.options =
		(const struct command_option[]){
			{"second-factor", NULL, COMMAND_NOTHING,
				"the password first, then WeChat for whom the users table names"},
			{NULL, NULL, COMMAND_NOTHING, NULL},
		},
	.run = run,
};
