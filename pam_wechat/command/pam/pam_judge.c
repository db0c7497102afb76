/*
 * Runs a stack abstractly, by the rules of libpam's _pam_dispatch_aux(): execution only goes
 * forward, so all states in which a line can be reached are followed at once, line by line.
 */
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

/* They say nothing about who somebody is. */
static const char *const proving_nothing[] = {"pam_permit.so", "pam_env.so", "pam_cap.so",
	"pam_group.so", "pam_faildelay.so", "pam_nologin.so", "pam_mail.so", "pam_motd.so",
	"pam_echo.so", "pam_warn.so", "pam_umask.so", "pam_keyinit.so", "pam_loginuid.so",
	"pam_selinux.so", "pam_systemd.so", "pam_gnome_keyring.so", "pam_securetty.so",
	"pam_shells.so", "pam_issue.so", "pam_setquota.so", "pam_faillock.so", "pam_tally2.so"};

static const char *const telling_apart[] = {"pam_rootok.so", "pam_succeed_if.so", "pam_listfile.so",
	"pam_access.so", "pam_wheel.so", "pam_time.so", "pam_localuser.so", "pam_usertype.so",
	"pam_timestamp.so"};

static bool is_among(const char *const *names, size_t count, const struct pam_entry *entry)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(pam_entry_name(entry), names[i]) == 0)
			return true;
	}
	return false;
}

#define IS_AMONG(names, entry) is_among(names, sizeof(names) / sizeof((names)[0]), entry)

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

/* The place behind all lines of this level and deeper ones. */
static size_t end_of_level(const struct pam_stack *stack, size_t at)
{
	int level = stack->entries[at].level;

	while (at + 1 < stack->count && stack->entries[at + 1].level >= level)
		at++;
	return at + 1;
}

/* The place behind `jump` modules, a substack counting as one; 0 if there are not so many. */
static size_t skip(const struct pam_stack *stack, size_t at, int jump)
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
	int action = entry->actions[code];
	size_t next = at + 1;

	if (action == PAM_ACTION_RESET) {
		*now = state->before[entry->level];
	} else if (action == PAM_ACTION_OK || action == PAM_ACTION_DONE) {
		if (now->impression == UNDECIDED ||
			(now->impression == POSITIVE && now->is_success))
			*now = (struct mind){POSITIVE, code == PAM_SUCCESS};
		if (now->impression == POSITIVE && action == PAM_ACTION_DONE)
			next = end_of_level(stack, at);
	} else if (action == PAM_ACTION_BAD || action == PAM_ACTION_DIE) {
		/* PAM_SUCCESS that counts as bad does not end well either: see the last check. */
		if (now->impression != NEGATIVE)
			*now = (struct mind){NEGATIVE, code == PAM_SUCCESS};
		if (action == PAM_ACTION_DIE)
			next = end_of_level(stack, at);
	} else if (action > 0) {
		next = skip(stack, at, action);
		if (next == 0) {
			*now = (struct mind){NEGATIVE, 0};
			/* libpam has gone to the end of the level by then. */
			next = end_of_level(stack, at);
		}
	}
	return next;
}

/* Whether it lets in some before ours is asked, as somebody wanted it. */
static bool is_exception(const struct pam_entry *entry, const struct pam_question *question)
{
	return question->around_ours && entry != question->led_by &&
	       (IS_AMONG(telling_apart, entry) ||
		       (question->own_file != NULL &&
			       strcmp(entry->file, question->own_file) == 0 &&
			       entry->actions[PAM_SUCCESS] == PAM_ACTION_DONE));
}

/* The answers that a module may give: fills `list`, returns how many. */
static size_t answers(
	const struct pam_entry *entry, const struct pam_question *question, int list[2])
{
	list[0] = PAM_SUCCESS;
	list[1] = PAM_AUTH_ERR;
	if (entry->is_broken)
		list[0] = PAM_PERM_DENIED;
	else if (pam_entry_is_ours(entry))
		list[0] = question->code;
	else if (IS_AMONG(proving_nothing, entry))
		return 1;
	else if (strcmp(pam_entry_name(entry), "pam_deny.so") == 0 || question->others_fail ||
		 is_exception(entry, question))
		list[0] = PAM_AUTH_ERR;
	else
		return 2;
	return 1;
}

static void step(const struct pam_stack *stack, size_t at, const struct pam_question *question,
	struct states *all)
{
	const struct pam_entry *entry = &stack->entries[at];

	for (size_t i = 0; i < all[at].count; i++) {
		struct state state = all[at].list[i];
		int codes[2];
		size_t count;

		for (int level = state.level + 1; level <= entry->level; level++)
			state.before[level] = state.now;
		state.level = (uint8_t)entry->level;
		if (entry->is_substack) {
			add(&all[at + 1], &state);
			continue;
		}
		count = answers(entry, question, codes);
		for (size_t code = 0; code < count; code++) {
			struct state after = state;
			size_t next;

			if (pam_entry_is_ours(entry))
				after.asked_ours = 1;
			next = apply(stack, at, codes[code], &after);
			add(&all[next], &after);
		}
	}
}

bool pam_stack_may_succeed(const struct pam_stack *stack, const struct pam_question *question)
{
	struct states *all = calloc(stack->count + 1, sizeof(*all));
	struct state first;
	bool may = stack->is_cut;

	if (all == NULL)
		return true;
	/* Compared by memcmp(). */
	memset(&first, 0, sizeof(first));
	add(&all[0], &first);
	for (size_t at = 0; at < stack->count; at++) {
		step(stack, at, question, all);
		may = may || all[at].is_full;
	}
	for (size_t i = 0; i < all[stack->count].count; i++) {
		const struct state *end = &all[stack->count].list[i];

		if (end->now.impression == POSITIVE && end->now.is_success &&
			(end->asked_ours == 0) == question->around_ours)
			may = true;
	}
	free(all);
	return may;
}

/* Whether it may end the stack or skip lines, by either answer. */
static bool may_lead_on(const struct pam_entry *entry)
{
	int success = entry->actions[PAM_SUCCESS];

	return !entry->is_substack &&
	       (success == PAM_ACTION_DONE || success > 0 || entry->actions[PAM_AUTH_ERR] > 0);
}

const struct pam_entry *pam_stack_way_around(
	const struct pam_stack *stack, const struct pam_question *question)
{
	const struct pam_entry *found = NULL;

	if (!pam_stack_may_succeed(stack, question))
		return NULL;
	for (size_t i = 0; i < stack->count && !pam_entry_is_ours(&stack->entries[i]); i++) {
		const struct pam_entry *entry = &stack->entries[i];

		if (may_lead_on(entry) &&
			(!is_exception(entry, question) || entry->actions[PAM_AUTH_ERR] > 0))
			found = entry;
	}
	return found;
}

const struct pam_entry *pam_stack_jump_over(const struct pam_stack *stack)
{
	const struct pam_entry *ours = pam_stack_find_ours(stack);

	for (size_t at = 0; ours != NULL && &stack->entries[at] < ours; at++) {
		const struct pam_entry *entry = &stack->entries[at];

		for (size_t code = 0; code < PAM_STACK_CODES; code++) {
			int jump = entry->actions[code];
			size_t next = jump > 0 ? skip(stack, at, jump) : at + 1;

			if (next == 0)
				next = end_of_level(stack, at);
			if (&stack->entries[next] > ours)
				return entry;
		}
	}
	return NULL;
}
