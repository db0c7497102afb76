#include "new_sign_in.h"

#include <stdbool.h>
#include <string.h>

#include "process.h"
#include "rehearsal.h"

/* What a program of a service leaves in the lineage of whoever it has let in. */
enum trace {
	TRACE_OWN,   /* sshd: a process for each connection, and none for a further session in it */
	TRACE_CHILD, /* login: getty, from before, becomes it, and its child is the session */
	TRACE_CALLED, /* su, sudo: a process of whoever has called it */
	TRACE_NONE,   /* not known: a terminal of its own */
};

static const struct program {
	const char *service; /* one that begins with this and "-" is such a service, too */
	const char *name, *other_name;
	enum trace trace;
} programs[] = {
	{"sshd", NULL, "sshd-session", TRACE_OWN}, /* NULL: as the service */
	{"login", "login", NULL, TRACE_CHILD},
	{"su", "su", NULL, TRACE_CALLED},
	{"sudo", "sudo", NULL, TRACE_CALLED},
	{"doas", "doas", NULL, TRACE_CALLED},
	{"", NULL, NULL, TRACE_NONE},
};

static const struct program *find_program(const char *service)
{
	const struct program *program = programs;

	for (; program->trace != TRACE_NONE; program++) {
		size_t length = strlen(program->service);

		if (strncmp(service, program->service, length) == 0 &&
			(service[length] == '\0' || service[length] == '-'))
			break;
	}
	return program;
}

/* Whether it is the program: root runs it, so that its name is not anybody's choice. */
static bool is_of(const struct process *process, const struct program *program, const char *service)
{
	const char *name = program->name == NULL ? service : program->name;

	return process->effective == 0 &&
	       (strncmp(process->name, name, PROCESS_NAME_MAX) == 0 ||
		       (program->other_name != NULL &&
			       strcmp(process->name, program->other_name) == 0));
}

static bool is_new(
	const struct process *lineage, size_t count, size_t at, enum trace trace, uint64_t change)
{
	switch (trace) {
	case TRACE_OWN:
		return lineage[at].began > change;
	case TRACE_CHILD:
		return at > 0 && lineage[at - 1].began > change;
	case TRACE_CALLED:
		/* Root is asked for nothing. */
		return lineage[at].began > change && at + 1 < count && lineage[at + 1].real != 0;
	case TRACE_NONE:
		break;
	}
	return false;
}

static const char *const refusals[] = {
	[TRACE_OWN] = "no sshd of this service that began after the change has led here: sign in "
		      "anew, over a connection of its own, and say it there, outside of screen and "
		      "tmux",
	[TRACE_CHILD] = "no login that let somebody in after the change has led here: sign in anew "
			"at a console, and say it there",
	[TRACE_CALLED] = "no call of this service's program by anybody but root, after the change, "
			 "has led here: call it anew in another terminal, and say it there",
	[TRACE_NONE] = "this terminal was open before the change: sign in anew, and say it there",
};

const char *new_sign_in_refusal(const char *service, const struct process *lineage, size_t count,
	const struct rehearsal *rehearsal)
{
	const struct program *program = find_program(service);
	bool is_same_boot = rehearsal_is_of_this_boot(rehearsal);
	/* What runs now has begun after a start of the machine, and so after the change. */
	uint64_t change = is_same_boot ? rehearsal->began : 0;
	const struct process *outermost = NULL;

	for (size_t i = 0; i < count; i++) {
		if (is_same_boot && lineage[i].pid == rehearsal->origin.pid &&
			lineage[i].began == rehearsal->origin.began)
			return "this is the terminal in which the trial began: say it in another "
			       "one, after a new sign-in";
		if (lineage[i].has_terminal)
			outermost = &lineage[i];
	}
	for (size_t i = 0; i < count && program->trace != TRACE_NONE; i++) {
		if (is_of(&lineage[i], program, service) &&
			is_new(lineage, count, i, program->trace, change))
			return NULL;
	}
	if (program->trace == TRACE_NONE && outermost != NULL && outermost->began > change)
		return NULL;
	return refusals[program->trace];
}
