/* The files of a first configuration: looked at, then written, all of them or none. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"
#include "file_update.h"
#include "paths.h"
#include "problem.h"
#include "safe_file.h"
#include "secret.h"
#include "settings.h"
#include "setup.h"
#include "text.h"
#include "users.h"

#define BACKUP ".before-setup"
#define CONTENTS_SIZE 4096
#define PATH_SIZE 512

/*
 * In the order in which they are written, so that nobody gets in while, after a sudden end, old
 * ones stand beside new ones. The module knows nothing new before pam_wechat.conf, the last, is
 * there: with the old one the helper refuses links of another public_url, and WeChat an appid with
 * another account's secret. What the new one names is there before.
 */
enum { FILE_HELPER, FILE_USERS, FILE_SECRET, FILE_CONF, FILE_COUNT };

static const struct {
	const char *name;
	mode_t mode;
	bool is_kept; /* if it is there */
} files[FILE_COUNT] = {
	[FILE_HELPER] = {"helper.conf", 0644, false},
	[FILE_USERS] = {"users", 0600, true},
	[FILE_SECRET] = {"secret", 0600, false},
	[FILE_CONF] = {"pam_wechat.conf", 0600, false},
};

/* One of the files while it is being replaced. */
struct place {
	char path[PATH_SIZE];
	struct update *update;
	char copy[FILE_UPDATE_COPY_MAX]; /* of the old one; "": none */
	bool was_there;
	bool is_begun; /* to be written */
};

static int name_file(const struct setup *setup, int file, char path[PATH_SIZE])
{
	return text_format(path, PATH_SIZE, "%s/%s", setup->directory, files[file].name);
}

static void write_conf(const struct setup *setup, struct text *text)
{
	text_addf(text,
		"# Made by pam-wechat setup. All keys: %s/pam_wechat.conf\n\n"
		"# The WeChat account; its app secret is in the file secret.\n"
		"appid = %s\n\n"
		"# What phones open; the same as in helper.conf.\n"
		"public_url = %s\n",
		PATH_EXAMPLES, setup->appid, setup->public_url);
	if (strcmp(setup->directory, PATH_CONF_DIR) != 0)
		text_addf(text,
			"\n# Beside this file, not in %s.\n"
			"secret_file = %s/secret\n"
			"users_file = %s/users\n",
			PATH_CONF_DIR, setup->directory, setup->directory);
}

/* Where a direct helper listens: an address, which "localhost" is not. */
static void write_listen(const struct setup *setup, struct text *text)
{
	const char *host = setup->url.host;

	if (strcmp(host, "localhost") == 0)
		host = "127.0.0.1";
	text_addf(text, strchr(host, ':') == NULL ? "listen = %s:%u\n" : "listen = [%s]:%u\n", host,
		setup->url.port);
}

static void write_helper(const struct setup *setup, struct text *text)
{
	text_addf(text,
		"# Made by pam-wechat setup. All keys: %s/helper.conf\n\n"
		"# What phones open; the same as in pam_wechat.conf.\n"
		"public_url = %s\n\n",
		PATH_EXAMPLES, setup->public_url);
	if (setup_is_direct(setup)) {
		text_add(text,
			"# Phones reach the helper itself, by plain http: for a test account.\n");
		write_listen(setup, text);
	} else {
		text_add(text, "# The web server with the certificate, whose X-Forwarded-For is "
			       "believed.\ntrusted_proxy = 127.0.0.1\n");
	}
}

/* Returns 0 or -ENOSPC. */
static int make_contents(const struct setup *setup, int file, struct text *text)
{
	switch (file) {
	case FILE_CONF:
		write_conf(setup, text);
		break;
	case FILE_HELPER:
		write_helper(setup, text);
		break;
	case FILE_SECRET:
		text_addf(text, "%s\n", setup->secret);
		break;
	default:
		text_addf(text,
			"# Who may sign in as whom: an openid, then users with their uids, as "
			"alice:1001,bob:1002.\n"
			"# pam-wechat enroll USER adds a line; %s/users explains them.\n",
			PATH_EXAMPLES);
	}
	return text_finish(text);
}

static int check_right_to_write(const struct setup *setup, struct problem *problem)
{
	char parent[PATH_SIZE];
	const char *place = setup->directory;

	if (access(place, F_OK) < 0 && errno == ENOENT) {
		if (text_format(parent, sizeof(parent), "%s", setup->directory) < 0)
			return problem_set(problem, -ENAMETOOLONG, "%s: too long", place);
		*strrchr(parent, '/') = '\0';
		place = parent[0] == '\0' ? "/" : parent;
	}
	if (faccessat(AT_FDCWD, place, W_OK | X_OK, AT_EACCESS) == 0)
		return 0;
	return problem_set(problem, -errno, "%s: %s%s", place, strerror(errno),
		errno == EACCES ? ": run this as root" : "");
}

/* A file that is there has to be one that may be replaced. */
static int check_file(const struct setup *setup, int file, struct problem *problem)
{
	char path[PATH_SIZE];
	struct stat status;
	int fd;

	if (name_file(setup, file, path) < 0)
		return problem_set(problem, -ENAMETOOLONG, "%s: too long", setup->directory);
	if (lstat(path, &status) < 0)
		return errno == ENOENT
		               ? 0
		               : problem_set(problem, -errno, "%s: %s", path, strerror(errno));
	if (!setup->force && !files[file].is_kept)
		return problem_set(problem, -EEXIST,
			"%s is there already: --force replaces it and keeps a copy of it beside it",
			path);
	fd = safe_file_open(path, SAFE_FILE_PUBLIC, problem);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

int setup_check(const struct setup *setup, struct problem *problem)
{
	int rv = check_right_to_write(setup, problem);

	for (int file = 0; rv == 0 && file < FILE_COUNT; file++)
		rv = check_file(setup, file, problem);
	return rv;
}

void setup_find_old(struct setup *setup)
{
	struct problem ignored;
	char path[PATH_SIZE];
	struct settings settings;
	struct users *users = NULL;

	if (name_file(setup, FILE_CONF, path) < 0)
		return;
	if (conf_read(path, &settings, &ignored) == 0 &&
		strcmp(settings.appid, setup->appid) != 0 &&
		name_file(setup, FILE_USERS, path) == 0 && users_read(path, &users, &ignored) == 0)
		while (users_user_at(users, setup->old_bindings) != NULL)
			setup->old_bindings++;
	if (setup->old_bindings > 0)
		(void)text_format(setup->old_appid, sizeof(setup->old_appid), "%s", settings.appid);
	users_free(&users);
	settings_finish(&settings);
}

/* A file keeps its mode when it is replaced: so what is to hold the secret is closed before. */
static int set_mode(const char *path, mode_t mode, struct problem *problem)
{
	int rv = 0;
	int fd = safe_file_open(path, SAFE_FILE_PUBLIC, problem);

	if (fd == -ENOENT) {
		problem->text[0] = '\0';
		return 0;
	}
	if (fd < 0)
		return fd;
	if (fchmod(fd, mode) < 0)
		rv = problem_set(problem, -errno, "%s: %s", path, strerror(errno));
	close(fd);
	return rv;
}

static int open_place(
	const struct setup *setup, int file, struct place *place, struct problem *problem)
{
	int rv;

	(void)name_file(setup, file, place->path);
	if (setup->force && !files[file].is_kept) {
		rv = set_mode(place->path, files[file].mode, problem);
		if (rv < 0)
			return rv;
	}
	rv = file_update_open(place->path, &place->update, problem);
	if (rv < 0)
		return rv;
	place->was_there = file_update_contents(place->update) != NULL;
	/* Somebody else may have been at work since setup_check(), even another setup. */
	if (place->was_there && !files[file].is_kept && !setup->force)
		return problem_set(
			problem, -EEXIST, "%s has just been made by somebody else", place->path);
	return 0;
}

static int write_place(
	const struct setup *setup, int file, struct place *place, struct problem *problem)
{
	char contents[CONTENTS_SIZE];
	struct text text;
	int rv;

	if (place->was_there && files[file].is_kept)
		return 0;
	text_init(&text, contents, sizeof(contents));
	rv = make_contents(setup, file, &text);
	if (rv < 0) {
		problem_set(problem, rv, "%s: its contents are too long", place->path);
	} else {
		/* Whether or not it succeeds: one way of failing leaves the new file behind. */
		place->is_begun = true;
		rv = file_update_write(
			place->update, contents, text.length, files[file].mode, problem);
	}
	explicit_bzero(contents, sizeof(contents));
	return rv;
}

/* A full disk has room for no third copy: so the second becomes the first again. */
static void take_back(const struct place *place)
{
	struct problem ignored;

	if (place->is_begun && !place->was_there)
		(void)file_update_remove(place->update, &ignored);
	if (place->copy[0] == '\0')
		return;
	if (place->is_begun)
		(void)rename(place->copy, place->path);
	else
		(void)unlink(place->copy);
}

static int write_all(const struct setup *setup, struct text *copies, struct problem *problem)
{
	struct place places[FILE_COUNT] = {0};
	int rv = 0;

	/* All are locked before the first is changed, always in this order. */
	for (int file = 0; rv == 0 && file < FILE_COUNT; file++)
		rv = open_place(setup, file, &places[file], problem);
	for (int file = 0; rv == 0 && file < FILE_COUNT; file++) {
		if (files[file].is_kept || !places[file].was_there)
			continue;
		rv = file_update_back_up(places[file].update, BACKUP, places[file].copy, problem);
		if (rv == 0)
			text_addf(copies, "%s\n", places[file].copy);
	}
	for (int file = 0; rv == 0 && file < FILE_COUNT; file++)
		rv = write_place(setup, file, &places[file], problem);
	for (int file = 0; rv < 0 && file < FILE_COUNT; file++)
		take_back(&places[file]);
	for (int file = FILE_COUNT; file > 0; file--)
		file_update_close(&places[file - 1].update);
	return rv;
}

int setup_write(const struct setup *setup, struct text *copies, struct problem *problem)
{
	bool made = mkdir(setup->directory, 0755) == 0;
	int rv = 0;

	if (!made && errno != EEXIST)
		return problem_set(problem, -errno, "%s: %s", setup->directory, strerror(errno));
	if (made && chmod(setup->directory, 0755) < 0)
		rv = problem_set(problem, -errno, "%s: %s", setup->directory, strerror(errno));
	if (rv == 0)
		rv = setup_check(setup, problem);
	if (rv == 0)
		rv = write_all(setup, copies, problem);
	if (rv < 0 && made)
		(void)rmdir(setup->directory);
	return rv;
}
