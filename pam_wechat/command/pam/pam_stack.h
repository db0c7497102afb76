/*
 * pam_stack - the auth lines of a PAM service, as libpam reads them (pam.conf(5)), with all that
 * they include in its place.
 */
#ifndef PAM_WECHAT_PAM_PAM_STACK_H
#define PAM_WECHAT_PAM_PAM_STACK_H

#include <stdbool.h>
#include <stddef.h>

#define PAM_STACK_MAX 128
#define PAM_STACK_WORDS 32
#define PAM_STACK_LEVELS 8
#define PAM_STACK_CODES 33 /* all that a module may return, and "default" */

/* What is done after a module's answer; numbers above 0 say how many modules are skipped. */
enum pam_action {
	PAM_ACTION_IGNORE = 0,
	PAM_ACTION_OK = -1,
	PAM_ACTION_DONE = -2,
	PAM_ACTION_BAD = -3,
	PAM_ACTION_DIE = -4,
	PAM_ACTION_RESET = -5,
	PAM_ACTION_UNSET = -6,
};

struct pam_entry {
	char *file;
	long line;
	int level;        /* of substacks; 0: none */
	bool is_substack; /* opens one, and is no module itself */
	bool is_broken;   /* fails always: what it includes is not there, for instance */
	char *control;    /* as it was written */
	int actions[PAM_STACK_CODES];
	char *module;                 /* NULL for a substack or a broken line */
	char *words[PAM_STACK_WORDS]; /* of the line behind the module */
	int word_count;
};

struct pam_stack {
	struct pam_entry entries[PAM_STACK_MAX];
	size_t count;
	bool is_cut;     /* there were more, or they go deeper, than can be judged */
	char fault[512]; /* the first place that could not be read, and why; or "" */
};

/*
 * Reads the lines of a type ("auth") of the file `name` of `folder` (/etc/pam.d). Returns 0 and a
 * stack that the caller frees, or -errno if the file cannot be read.
 */
int pam_stack_read(
	const char *folder, const char *name, const char *type, struct pam_stack **stack);

/* As pam_stack_read(), with this text in the place of the file's. Returns 0 or -ENOMEM. */
int pam_stack_read_text(const char *folder, const char *name, const char *type, const char *bytes,
	size_t length, struct pam_stack **stack);

void pam_stack_free(struct pam_stack **stack);

/* Whether the entry runs the module pam_wechat.so, wherever that lies. */
bool pam_entry_is_ours(const struct pam_entry *entry);

/* The first that does, or NULL. */
const struct pam_entry *pam_stack_find_ours(const struct pam_stack *stack);

/* The last part of the module's path; "" for none. */
const char *pam_entry_name(const struct pam_entry *entry);

/*
 * What an abstract run asks. Our modules answer `code` (a number of libpam's). Of all others each
 * may succeed or fail as it likes, but pam_deny, which always fails; and modules that prove nothing
 * (pam_permit, pam_env, ...), which always succeed.
 */
struct pam_question {
	int code;
	bool others_fail; /* only ours and those that prove nothing succeed */
	/*
	 * Count only runs that do not ask ours. Modules that tell users apart (pam_rootok,
	 * pam_succeed_if, ...) say no in these: exceptions are made by them.
	 */
	bool around_ours;
	/* So do, in these, the lines of this file that end the stack; or NULL. */
	const char *own_file;
	/* But for this one, which may succeed or fail as it likes; or NULL. */
	const struct pam_entry *led_by;
};

/* Whether any such run ends in PAM_SUCCESS. */
bool pam_stack_may_succeed(const struct pam_stack *stack, const struct pam_question *question);

/*
 * The line that leads around ours: of those above it the last that may end the stack or skip lines,
 * and makes no exception. NULL if there is no way around. The question is about runs around ours.
 */
const struct pam_entry *pam_stack_way_around(
	const struct pam_stack *stack, const struct pam_question *question);

/* The first line above ours that may skip ours, by a number of lines; NULL if there is none. */
const struct pam_entry *pam_stack_jump_over(const struct pam_stack *stack);

#endif
