/*
 * config - the strict reader behind pam_wechat.conf, helper.conf and the words of a PAM line.
 *
 * A file holds `key = value`, one a line of at most 4,096 bytes, and comments: lines whose first
 * mark is '#'. There are no sections, quotes or continued lines. It is all or nothing: an unknown,
 * repeated or bad key is an error that names file and line, and no setting of that file counts.
 */
#ifndef PAM_WECHAT_COMMON_CONFIG_H
#define PAM_WECHAT_COMMON_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "safe_file.h"

#define CONFIG_FILE_MAX 65536
#define CONFIG_LIST_MAX 64

struct problem;

enum config_type {
	CONFIG_STRING, /* char *, allocated */
	CONFIG_LIST,   /* struct config_list: the key may be repeated */
	CONFIG_FLAG,   /* bool: yes or no */
	CONFIG_NUMBER, /* long, low to high */
	CONFIG_WORD,   /* int: the place of the value in `words` */
};

struct config_list {
	size_t count;
	char *items[CONFIG_LIST_MAX];
};

struct config_key {
	const char *name;
	enum config_type type;
	size_t offset; /* of the member in the settings */
	long low, high;
	const char *const *words; /* ends with NULL */
	/* Says what is wrong with a string ("must be an absolute path"), or NULL; may be absent. */
	const char *(*fault)(const char *value);
	bool on_pam_line; /* may stand on the PAM line, too */
};

struct config_table {
	const struct config_key *keys; /* at most 64 */
	size_t count;
};

/*
 * Sets one key. `seen` has a bit for each key of the table that has been set before; a key that
 * is not a list is refused the second time. Returns 0, -ENOMEM, or -EINVAL with the problem set.
 */
int config_set(const struct config_table *table, void *settings, uint64_t *seen, const char *name,
	const char *value, struct problem *problem);

/*
 * Reads `length` bytes of a file named `path` (for messages), setting what it holds. Returns as
 * config_set(), the problem beginning with "path:line: ".
 */
int config_parse(const struct config_table *table, void *settings, uint64_t *seen, const char *path,
	const char *bytes, size_t length, struct problem *problem);

/* Reads a file that safe_file_read() trusts. Returns 0, or -errno with the problem set. */
int config_read(const struct config_table *table, void *settings, uint64_t *seen, const char *path,
	enum safe_file_kind kind, struct problem *problem);

/*
 * Writes all settings as a file could say them: `key = value` in the table's order, a list's one a
 * line. What has no value is left out. The stream knows of errors.
 */
void config_print(const struct config_table *table, const void *settings, FILE *stream);

/* Frees all strings and lists of the settings. */
void config_finish(const struct config_table *table, void *settings);

/* A fault for `fault` above: no absolute path. */
const char *config_path_fault(const char *value);

#endif
