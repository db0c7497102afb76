#include "pam_judge.h"

#include <stddef.h>
#include <string.h>

#include <security/pam_modules.h>

#include "pam_run.h"
#include "pam_stack.h"

/* From which means on a module of the class may succeed. */
static bool may_succeed(enum pam_class class, enum pam_means means)
{
	switch (class) {
	case PAM_CLASS_OPENS:
		return true;
	case PAM_CLASS_DECIDES:
		return means >= PAM_MEANS_KNOWN;
	case PAM_CLASS_UNKNOWN:
		return means >= PAM_MEANS_UNKNOWN;
	case PAM_CLASS_PROVES:
		return means >= PAM_MEANS_PROOF;
	case PAM_CLASS_OURS:
	case PAM_CLASS_DENIES:
	case PAM_CLASS_ROOT:
		break;
	}
	return false;
}

/* Whether somebody has written it into the service's own file to let some in before ours. */
static bool is_exception(const struct pam_entry *entry, const struct pam_question *question)
{
	return question->own_file != NULL && entry != question->led_by &&
	       strcmp(entry->file, question->own_file) == 0 &&
	       entry->actions[PAM_SUCCESS] == PAM_ACTION_DONE;
}

static size_t answer(
	const struct pam_entry *entry, const void *context, int codes[PAM_RUN_ANSWERS_MAX])
{
	const struct pam_question *question = context;
	enum pam_class class = pam_module_class(entry, question->service);

	codes[0] = PAM_AUTH_ERR;
	codes[1] = PAM_SUCCESS;
	if (question->lacks_missing && entry->is_missing)
		codes[0] = PAM_MODULE_UNKNOWN;
	else if (class == PAM_CLASS_OURS)
		codes[0] = question->code;
	else if (strncmp(pam_entry_name(entry), "pam_permit.", strlen("pam_permit.")) == 0)
		codes[0] = PAM_SUCCESS;
	else if (question->has_empty_password && pam_module_takes_empty(entry))
		return 2;
	else if (may_succeed(class, question->means) &&
		 (class == PAM_CLASS_OPENS || !is_exception(entry, question)))
		return 2;
	return 1;
}

bool pam_judge_passes(const struct pam_stack *stack, const struct pam_question *question)
{
	return pam_run_all(stack, answer, question).asking_ours;
}

bool pam_judge_leads_around(const struct pam_stack *stack, const struct pam_question *question)
{
	return pam_run_all(stack, answer, question).around_ours;
}

bool pam_judge_wants_root(const struct pam_stack *stack, const char *service)
{
	const struct pam_question absent = {
		.service = service, .code = PAM_AUTHINFO_UNAVAIL, .means = PAM_MEANS_PROOF};

	return !pam_judge_passes(stack, &absent) && !pam_judge_leads_around(stack, &absent);
}

/* Whether it may end the stack or skip lines, by either answer. */
static bool may_lead_on(const struct pam_entry *entry)
{
	int success = entry->actions[PAM_SUCCESS];

	return !entry->is_substack &&
	       (success == PAM_ACTION_DONE || success > 0 || entry->actions[PAM_AUTH_ERR] > 0);
}

/* Whether the question makes it fail, and nothing comes of that. */
static bool never_leads_on(const struct pam_entry *entry, const struct pam_question *question)
{
	int codes[PAM_RUN_ANSWERS_MAX];
	size_t count = entry->is_broken ? 0 : answer(entry, question, codes);

	return count < 2 && (count == 0 || codes[0] != PAM_SUCCESS) &&
	       entry->actions[PAM_AUTH_ERR] <= 0;
}

const struct pam_entry *pam_judge_way_around(
	const struct pam_stack *stack, const struct pam_question *question)
{
	const struct pam_entry *found;

	if (stack->count == 0 || !pam_judge_leads_around(stack, question))
		return NULL;
	found = &stack->entries[0];
	for (size_t i = 0; i < stack->count && !pam_entry_is_ours(&stack->entries[i]); i++) {
		const struct pam_entry *entry = &stack->entries[i];

		if (may_lead_on(entry) && !never_leads_on(entry, question))
			found = entry;
	}
	return found;
}

const struct pam_entry *pam_judge_jump_over(const struct pam_stack *stack)
{
	const struct pam_entry *ours = pam_stack_find_ours(stack);

	for (size_t at = 0; ours != NULL && &stack->entries[at] < ours; at++) {
		const struct pam_entry *entry = &stack->entries[at];

		for (size_t code = 0; code < PAM_CONTROL_CODES; code++) {
			int jump = entry->actions[code];
			size_t next = jump > 0 ? pam_run_skip(stack, at, jump) : at + 1;

			if (next == 0)
				next = pam_run_end_of_level(stack, at);
			if (&stack->entries[next] > ours)
				return entry;
		}
	}
	return NULL;
}

const struct pam_entry *pam_judge_lost(const struct pam_stack *stack, const char *service)
{
	const struct pam_question installed = {
		.service = service, .code = PAM_SUCCESS, .means = PAM_MEANS_PROOF};
	struct pam_question real = installed;
	const struct pam_entry *lost = NULL;

	real.lacks_missing = true;
	/* Who gets in past ours is no help to those who are asked for WeChat. */
	if (pam_judge_passes(stack, &installed) ? pam_judge_passes(stack, &real)
						: !pam_judge_leads_around(stack, &installed) ||
							  pam_judge_leads_around(stack, &real))
		return NULL;
	/* The first whose absence is a failure; of several it may be another. */
	for (size_t i = 0; i < stack->count; i++) {
		const struct pam_entry *entry = &stack->entries[i];
		int action = entry->actions[PAM_MODULE_UNKNOWN];

		if (!entry->is_missing)
			continue;
		if (action == PAM_ACTION_BAD || action == PAM_ACTION_DIE)
			return entry;
		lost = lost == NULL ? entry : lost;
	}
	return lost;
}
