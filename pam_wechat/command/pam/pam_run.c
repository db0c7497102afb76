/*
 * By the rules of libpam's _pam_dispatch_aux(): execution only goes forward, so all states in which
 * a line can be reached are followed at once, line by line.
 */
#include "pam_run.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <security/pam_modules.h>

#include "pam_stack.h"

enum impression { UNDECIDED, POSITIVE, NEGATIVE };

struct mind {
	uint8_t impression;
	uint8_t is_success; /* what would be returned now */
};

struct state {
	struct mind now;
	struct mind before[PAM_STACK_LEVELS]; /* of the substack of that level: for reset */
	uint8_t level;                        /* of the line before */
	uint8_t asked_ours;
};

#define STATES_MAX 256

/* The states in which a line is reached; what does not fit makes the answer "it may". */
struct states {
	struct state list[STATES_MAX];
	size_t count;
	bool is_full;
};

static void add(struct states *states, const struct state *state)
{
	for (size_t i = 0; i < states->count; i++) {
		if (memcmp(&states->list[i], state, sizeof(*state)) == 0)
			return;
	}
	if (states->count == STATES_MAX)
		states->is_full = true;
	else
		states->list[states->count++] = *state;
}

size_t pam_run_end_of_level(const struct pam_stack *stack, size_t at)
{
	int level = stack->entries[at].level;

	while (at + 1 < stack->count && stack->entries[at + 1].level >= level)
		at++;
	return at + 1;
}

size_t pam_run_skip(const struct pam_stack *stack, size_t at, int jump)
{
	int level = stack->entries[at].level;

	while (jump > 0 && at + 1 < stack->count && stack->entries[at + 1].level >= level) {
		do
			at++;
		while (at + 1 < stack->count && stack->entries[at + 1].level > level);
		jump--;
	}
	return jump == 0 ? at + 1 : 0;
}

/* What one answer of a module makes of a state. Returns the place where it goes on. */
static size_t apply(const struct pam_stack *stack, size_t at, int code, struct state *state)
{
	const struct pam_entry *entry = &stack->entries[at];
	struct mind *now = &state->now;
	/* libpam takes what is no code for a failure that counts. */
	int action = code >= 0 && code < PAM_CONTROL_CODES ? entry->actions[code] : PAM_ACTION_BAD;
	size_t next = at + 1;

	if (action == PAM_ACTION_RESET) {
		*now = state->before[entry->level];
	} else if (action == PAM_ACTION_OK || action == PAM_ACTION_DONE) {
		if (now->impression == UNDECIDED ||
			(now->impression == POSITIVE && now->is_success))
			*now = (struct mind){POSITIVE, code == PAM_SUCCESS};
		if (now->impression == POSITIVE && action == PAM_ACTION_DONE)
			next = pam_run_end_of_level(stack, at);
	} else if (action == PAM_ACTION_BAD || action == PAM_ACTION_DIE) {
		/* PAM_SUCCESS that counts as bad does not end well either: see the last check. */
		if (now->impression != NEGATIVE)
			*now = (struct mind){NEGATIVE, code == PAM_SUCCESS};
		if (action == PAM_ACTION_DIE)
			next = pam_run_end_of_level(stack, at);
	} else if (action > 0) {
		next = pam_run_skip(stack, at, action);
		if (next == 0) {
			*now = (struct mind){NEGATIVE, 0};
			/* libpam has gone to the end of the level by then. */
			next = pam_run_end_of_level(stack, at);
		}
	}
	return next;
}

static void step(const struct pam_stack *stack, size_t at, pam_run_answers *answers,
	const void *context, struct states *all)
{
	const struct pam_entry *entry = &stack->entries[at];
	int codes[PAM_RUN_ANSWERS_MAX] = {PAM_PERM_DENIED};
	size_t count = 1;

	if (!entry->is_broken && !entry->is_substack)
		count = answers(entry, context, codes);
	for (size_t i = 0; i < all[at].count; i++) {
		struct state state = all[at].list[i];

		if (state.level < entry->level)
			state.before[entry->level] = state.now;
		state.level = (uint8_t)entry->level;
		if (entry->is_substack) {
			add(&all[at + 1], &state);
			continue;
		}
		for (size_t code = 0; code < count; code++) {
			struct state after = state;
			size_t next;

			after.asked_ours |= pam_entry_is_ours(entry);
			next = apply(stack, at, codes[code], &after);
			add(&all[next], &after);
		}
	}
}

struct pam_run pam_run_all(
	const struct pam_stack *stack, pam_run_answers *answers, const void *context)
{
	struct pam_run run = {false, false};
	struct states *all;
	struct state first;
	bool is_full = stack->reading == PAM_READING_UNCLEAR;

	if (stack->reading == PAM_READING_ABORTS)
		return run;
	all = calloc(stack->count + 1, sizeof(*all));
	if (all == NULL || is_full) {
		free(all);
		return (struct pam_run){true, true};
	}
	/* Compared by memcmp(). */
	memset(&first, 0, sizeof(first));
	add(&all[0], &first);
	for (size_t at = 0; at < stack->count; at++) {
		step(stack, at, answers, context, all);
		is_full = is_full || all[at].is_full;
	}
	for (size_t i = 0; i < all[stack->count].count; i++) {
		const struct state *end = &all[stack->count].list[i];

		if (end->now.impression != POSITIVE || !end->now.is_success)
			continue;
		run.asking_ours = run.asking_ours || end->asked_ours != 0;
		run.around_ours = run.around_ours || end->asked_ours == 0;
	}
	if (is_full || all[stack->count].is_full)
		run = (struct pam_run){true, true};
	free(all);
	return run;
}
