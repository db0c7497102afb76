/* Of the files of /etc/pam_wechat: who could have written them, and what they say. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account.h"
#include "app_secret.h"
#include "conf.h"
#include "display.h"
#include "doctor.h"
#include "problem.h"
#include "safe_file.h"
#include "secret.h"
#include "users.h"

#define LINK_MAX_BYTES 53 /* more does not fit 80x24 as a QR code */
#define LINK_TAIL "/l/Ab3dE9fgHIJ0"
#define CA_FILE_MAX (4 * 1024 * 1024)

#define NOBODY_GETS_IN "nobody can sign in: the module refuses what it cannot trust or understand"

static const struct finding_kind
	conf_missing = {"conf-missing", SEVERITY_ERROR, "nobody can sign in without it"},
	conf_untrusted = {"conf-untrusted", SEVERITY_ERROR, NOBODY_GETS_IN},
	conf_bad = {"conf-bad", SEVERITY_ERROR, NOBODY_GETS_IN},
	conf_unread = {"conf-unread", SEVERITY_NOTE, "nothing that depends on it was checked"},
	conf_mode = {"conf-mode", SEVERITY_WARNING,
		"everybody on this machine learns appid, proxy and where the secret lies"},
	conf_mode_group = {"conf-mode", SEVERITY_WARNING,
		"the file's group learns appid, proxy and where the secret lies"},
	secret_missing = {"secret-missing", SEVERITY_ERROR, "WeChat names nobody without it"},
	secret_untrusted = {"secret-untrusted", SEVERITY_ERROR,
		"who reads the app secret can act as your WeChat account; the module refuses it"},
	secret_bad = {"secret-bad", SEVERITY_ERROR, NOBODY_GETS_IN},
	exchange_missing = {"exchange-missing", SEVERITY_ERROR,
		"the module cannot talk to WeChat: nobody can sign in"},
	exchange_untrusted = {"exchange-untrusted", SEVERITY_ERROR, NOBODY_GETS_IN},
	exchange_user = {"exchange-user", SEVERITY_ERROR,
		"the exchange would have to run as root, which it refuses: nobody can sign in"},
	ca_bad = {"ca-file", SEVERITY_ERROR, "no connection to WeChat's API can be trusted"},
	link_long = {"link-long", SEVERITY_WARNING,
		"the QR code is too tall for a terminal of 80x24: its top scrolls away"},
	url_plain = {"url-plain", SEVERITY_NOTE,
		"links and codes can be read on the way: for a test account on a LAN only"},
	users_missing = {"users-missing", SEVERITY_ERROR, NOBODY_GETS_IN},
	users_untrusted = {"users-untrusted", SEVERITY_ERROR, NOBODY_GETS_IN},
	users_bad = {"users-bad", SEVERITY_ERROR, "the whole table is refused: nobody can sign in"},
	users_empty = {"users-empty", SEVERITY_ERROR, "nobody can sign in"},
	users_unknown = {"users-unknown", SEVERITY_WARNING,
		"a line for nobody today lets somebody in once a user of that name is made"},
	users_unread = {"users-look-up", SEVERITY_WARNING,
		"while this lasts, nobody signs in by a line that names a uid, and "
		"unlisted=ignore steps aside for nobody"},
	users_uid_differs = {"users-uid-differs", SEVERITY_WARNING,
		"nobody signs in by this line: it was written for another account of that name"},
	users_uid_missing = {"users-uid-missing", SEVERITY_NOTE,
		"a name that is given to somebody else takes the WeChat account along; and with "
		"unlisted=ignore each of them is looked up at each sign-in of an unlisted user"};

static void mend_conf(struct doctor *doctor)
{
	const struct finding *last = &doctor->findings[doctor->count - 1];

	if (doctor_mend_plain(doctor, doctor->conf))
		return;
	if (last->line > 0)
		doctor_mend_elsewhere(doctor, MEND_VALUE,
			"correct line %ld of %s; the shipped sample explains each key", last->line,
			last->file);
	else
		doctor_mend_elsewhere(doctor, MEND_VALUE,
			"correct %s; the shipped sample explains each key", doctor->conf);
}

void doctor_check_conf(struct doctor *doctor)
{
	struct problem problem = {.text = ""};
	struct stat status;
	int rv;

	rv = conf_read(doctor->conf, &doctor->settings, &problem);
	doctor->has_settings = rv == 0;
	if (rv == -EACCES && !doctor->is_root) {
		doctor_find_problem(doctor, &conf_unread, problem.text);
		doctor_mend_elsewhere(doctor, MEND_AGAIN, "run it as root: sudo pam-wechat doctor");
	} else if (rv == -ENOENT) {
		doctor_find_problem(doctor, &conf_missing, problem.text);
		doctor_mend_missing(doctor, "pam_wechat.conf", "600");
	} else if (rv == -EPERM) {
		doctor_find_problem(doctor, &conf_untrusted, problem.text);
		doctor_mend_trust(doctor, problem.text, "600");
	} else if (rv < 0) {
		doctor_find_problem(doctor, &conf_bad, problem.text);
		mend_conf(doctor);
	} else if (stat(doctor->conf, &status) == 0 && (status.st_mode & 0044) != 0) {
		bool others = (status.st_mode & 0004) != 0;

		doctor_find(doctor, others ? &conf_mode : &conf_mode_group, doctor->conf, 0,
			"%s may read it", others ? "others" : "its group");
		doctor_mend_command(doctor, "chmod 600 %s", doctor_quote(doctor, doctor->conf));
	}
}

void doctor_check_secret(struct doctor *doctor)
{
	const char *path = doctor->settings.secret_file;
	struct secret *secret = secret_create(APP_SECRET_SIZE);
	struct problem problem = {.text = ""};
	int rv = secret == NULL ? -ENOMEM
	                        : app_secret_read(path, secret->bytes, secret->size, &problem);

	secret_free(&secret);
	if (rv == -ENOENT) {
		doctor_find_problem(doctor, &secret_missing, problem.text);
		doctor_mend_elsewhere(doctor, MEND_VALUE,
			"install -m 600 /dev/null %s, and put the app secret into it, on one line",
			path);
	} else if (rv == -EPERM) {
		doctor_find_problem(doctor, &secret_untrusted, problem.text);
		doctor_mend_trust(doctor, problem.text, "600");
	} else if (rv < 0) {
		doctor_find_problem(doctor, &secret_bad, problem.text);
		if (!doctor_mend_plain(doctor, path))
			doctor_mend_elsewhere(doctor, MEND_VALUE,
				"put the app secret alone on line 1 of %s", path);
	}
}

static void check_program(struct doctor *doctor)
{
	const char *path = doctor->settings.exchange;
	struct problem problem = {.text = ""};
	int rv = safe_file_open_program(path, &problem);

	if (rv >= 0) {
		close(rv);
		return;
	}
	if (rv == -ENOENT) {
		doctor_find_problem(doctor, &exchange_missing, problem.text);
		doctor_mend_elsewhere(doctor, MEND_PACKAGE,
			"install pam_wechat again, or correct \"exchange\" in %s", doctor->conf);
		return;
	}
	doctor_find_problem(doctor, &exchange_untrusted, problem.text);
	doctor_mend_trust(doctor, problem.text, "755");
}

void doctor_check_exchange(struct doctor *doctor)
{
	const char *name = doctor->settings.exchange_user;
	struct account account;
	int rv;

	check_program(doctor);
	/* Whoever is not root starts the exchange as himself. */
	if (!doctor->is_root)
		return;
	rv = account_find(&account, name);
	if (rv == -ENOENT) {
		doctor_find(doctor, &exchange_user, NULL, 0, "there is no user %s (exchange_user)",
			name);
		doctor_mend_account(doctor, doctor->conf, "exchange_user", name);
	} else if (rv == 0 && account.uid == 0) {
		doctor_find(doctor, &exchange_user, NULL, 0, "exchange_user %s is root", name);
		doctor_mend_remove(
			doctor, doctor->conf, doctor_line_of(doctor->conf, "exchange_user"));
	}
	if (rv == 0)
		account_finish(&account);
}

void doctor_check_link(struct doctor *doctor)
{
	const struct settings *settings = &doctor->settings;
	size_t length = strlen(settings->public_url) + strlen(LINK_TAIL);
	struct problem problem = {.text = ""};
	struct secret *ca = NULL;
	long line = doctor_line_of(doctor->conf, "public_url");
	int rv = 0;

	if (settings->qr == QR_LINK && length > LINK_MAX_BYTES) {
		doctor_find(doctor, &link_long, doctor->conf, line,
			"links have %zu bytes: public_url has %zu, and 38 would fit", length,
			strlen(settings->public_url));
		doctor_mend_elsewhere(doctor, MEND_VALUE,
			"choose a shorter name for public_url (line %ld of %s)", line,
			doctor->conf);
	}
	if (strncmp(settings->public_url, "http:", 5) == 0) {
		doctor_find(doctor, &url_plain, doctor->conf, line, "public_url is plain http");
		doctor_mend_elsewhere(doctor, MEND_CHOICE,
			"with a service account: https in front of the helper");
	}
	if (settings->ca_file != NULL)
		rv = safe_file_read(
			settings->ca_file, SAFE_FILE_PUBLIC, CA_FILE_MAX, &ca, &problem);
	if (rv == 0 && ca != NULL && strstr(ca->bytes, "-----BEGIN CERTIFICATE-----") == NULL)
		rv = problem_set(
			&problem, -EINVAL, "%s: holds no PEM certificate", settings->ca_file);
	secret_free(&ca);
	if (rv < 0) {
		doctor_find_problem(doctor, &ca_bad, problem.text);
		doctor_mend_elsewhere(doctor, MEND_VALUE,
			"correct or remove ca_file in line %ld of %s",
			doctor_line_of(doctor->conf, "ca_file"), doctor->conf);
	}
	if (rv == -EPERM)
		doctor_mend_trust(doctor, problem.text, "644");
}

static void check_name(struct doctor *doctor, const struct users *users, size_t index)
{
	const char *path = doctor->settings.users_file, *user = users_user_at(users, index);
	char shown[DISPLAY_BOTH_SIZE];
	long line = (long)users_line_at(users, index);
	uid_t bound = users_uid_at(users, index);
	struct account account;
	int rv = account_find(&account, user);

	display_both(shown, user);
	if (rv == -ENOENT) {
		doctor_find(
			doctor, &users_unknown, path, line, "this machine has no user %s", shown);
		doctor_mend_command(doctor, "pam-wechat users remove --user %s%s",
			doctor_quote(doctor, user), doctor_conf_option(doctor));
	} else if (rv < 0) {
		doctor_find(doctor, &users_unread, path, line, "%s could not be looked up: %s",
			user, strerror(-rv));
		doctor_mend_elsewhere(
			doctor, MEND_DIRECTORY, "see that this answers: getent passwd %s", user);
	} else if (bound != USERS_NO_UID && bound != account.uid) {
		doctor_find(doctor, &users_uid_differs, path, line,
			"%s has uid %u, and the line names uid %u", user, account.uid, bound);
		doctor_mend_elsewhere(doctor, MEND_CHOICE,
			"pam-wechat users uids %s%s, if it is the same person; if not, pam-wechat "
			"users remove --user %s:%u%s",
			user, doctor_conf_option(doctor), user, bound, doctor_conf_option(doctor));
	}
	if (rv == 0)
		account_finish(&account);
}

static void check_names(struct doctor *doctor, const struct users *users)
{
	size_t count = 0, bare = 0, first = 0;

	for (; users_user_at(users, count) != NULL; count++) {
		check_name(doctor, users, count);
		if (users_uid_at(users, count) != USERS_NO_UID)
			continue;
		if (bare++ == 0 || users_line_at(users, count) < first)
			first = users_line_at(users, count);
	}
	if (bare > 0) {
		doctor_find(doctor, &users_uid_missing, doctor->settings.users_file, (long)first,
			"%zu of %zu bindings name%s no uid, the first in this line", bare, count,
			bare == 1 ? "s" : "");
		doctor_mend_command(doctor, "pam-wechat users uids%s", doctor_conf_option(doctor));
	}
}

void doctor_check_users(struct doctor *doctor)
{
	const char *path = doctor->settings.users_file;
	struct problem problem = {.text = ""};
	struct users *users = NULL;
	int rv = users_read(path, &users, &problem);

	if (rv == -ENOENT) {
		doctor_find_problem(doctor, &users_missing, problem.text);
		doctor_mend_users(doctor);
	} else if (rv == -EPERM) {
		doctor_find_problem(doctor, &users_untrusted, problem.text);
		doctor_mend_trust(doctor, problem.text, "600");
	} else if (rv < 0) {
		doctor_find_problem(doctor, &users_bad, problem.text);
		if (!doctor_mend_plain(doctor, path))
			doctor_mend_elsewhere(doctor, MEND_VALUE, "correct line %ld of %s",
				doctor->findings[doctor->count - 1].line, path);
	} else if (users_is_empty(users)) {
		doctor_find(doctor, &users_empty, path, 0, "it binds nobody");
		doctor_mend_users(doctor);
	} else {
		check_names(doctor, users);
	}
	users_free(&users);
}
