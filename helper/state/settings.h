/*
 * settings - helper.conf, read and checked as a whole.
 */
#ifndef PAM_WECHAT_STATE_SETTINGS_H
#define PAM_WECHAT_STATE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "address.h"
#include "config.h"

/* SETTINGS_PATH, the file that is read where nobody names another, comes from the build. */

struct pages;
struct problem;
struct secret;

struct settings {
	char *listen;
	char *public_url;
	char *socket;
	char *user;
	char *peer_user;
	char *brand;     /* NULL: none */
	char *pages_dir; /* NULL: the pages that are built in */
	char *status_socket;
	int lang; /* enum language */
	struct config_list trusted_proxy;
	struct config_list verify_file;
	long max_pending;
	long origin_pending;
	long max_connections;
	long request_seconds;

	/* What follows from them. */
	bool https;
	const char *base; /* path of public_url: "" or "/..." */
	struct address_range proxies[CONFIG_LIST_MAX];
	struct pages *pages;
	struct secret *verify_contents[CONFIG_LIST_MAX]; /* one for each verify_file */
};

/* All keys. */
extern const struct config_table settings_table;

/*
 * Reads the file. *settings is to be freed by settings_free(). Returns 0, or -errno with the
 * problem set, "path:line: what is wrong".
 */
int settings_load(const char *path, struct settings **settings, struct problem *problem);

/* Frees *settings and sets it to NULL. NULL is accepted. */
void settings_free(struct settings **settings);

/* Writes all that is in force, defaults included, as config_print() does. */
void settings_print(const struct settings *settings, FILE *stream);

/*
 * The contents of the verification file with this name ("MP_verify_….txt"), or NULL. They are
 * `size - 1` bytes long.
 */
const struct secret *settings_find_verify(const struct settings *settings, const char *name);

#define SETTINGS_FIXED_MAX 5

/*
 * Puts what can't change while the helper runs from the settings in force into fresh ones, which
 * then say what is in force themselves. The old ones are good for nothing more than being freed.
 * Returns how many keys would have changed, and which.
 */
size_t settings_keep_fixed(
	struct settings *old, struct settings *fresh, const char *changed[SETTINGS_FIXED_MAX]);

#endif
