/*
 * pam_stack - the auth lines of a PAM service, as libpam reads them (pam.conf(5)), with all that
 * they include in its place.
 */
#ifndef PAM_WECHAT_PAM_PAM_STACK_H
#define PAM_WECHAT_PAM_PAM_STACK_H

#include <stdbool.h>
#include <stddef.h>

#include "pam_control.h"

#define PAM_STACK_MAX 256
#define PAM_STACK_WORDS 64
#define PAM_STACK_LEVELS 16 /* as many as libpam follows */
#define PAM_STACK_FILES 32

struct pam_entry {
	char *file;
	long line;
	long own_line;    /* of the service's own file, that leads here */
	int level;        /* of substacks; 0: none */
	bool is_substack; /* opens one, and is no module itself */
	bool is_broken;   /* fails always: what it includes is not there, for instance */
	bool is_quiet;    /* "-auth": libpam logs nothing if the module is not there */
	bool is_missing;  /* pam_load_entry() has found that libpam can't load the module */
	char *control;    /* as it was written; NULL if there is none */
	int actions[PAM_CONTROL_CODES];
	char *module;                 /* NULL for a substack or a broken line */
	char *words[PAM_STACK_WORDS]; /* of the line behind the module */
	int word_count;
};

/* How well the whole file is read. */
enum pam_reading {
	PAM_READING_CLEAR,
	PAM_READING_BROKEN,  /* at least one line fails always, and may be meant otherwise */
	PAM_READING_ABORTS,  /* libpam reads nothing of this service: nobody gets in */
	PAM_READING_UNCLEAR, /* libpam's versions differ, or it is too much: not to be judged */
};

struct pam_stack {
	struct pam_entry entries[PAM_STACK_MAX];
	size_t count;
	enum pam_reading reading; /* the worst of all */
	char *fault_file;         /* where the first such place is, or NULL */
	long fault_line;
	char fault[256]; /* what is wrong there, or "" */
	/* All that were read, for lines of whatever type, each once; no more than fit. */
	char *files[PAM_STACK_FILES];
	size_t file_count;
};

/*
 * Reads the lines of a type ("auth") of the service `name` of `folder` (/etc/pam.d): what else is
 * in the file is looked at, because libpam reads all of it or nothing. Returns 0 and a stack that
 * the caller frees, or -errno if the file cannot be read.
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

#endif
