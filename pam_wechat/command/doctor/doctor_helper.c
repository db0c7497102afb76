/* Of the helper: its program, helper.conf, its socket, and whether it runs. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account.h"
#include "decimal.h"
#include "doctor.h"
#include "helper_program.h"
#include "helper_status.h"
#include "problem.h"
#include "safe_file.h"
#include "seqpacket.h"
#include "unprivileged.h"

#define USUAL_PLACES 16 /* origin_pending, where helper.conf does not say */

static const struct finding_kind
	helper_missing = {"helper-missing", SEVERITY_ERROR,
		"without the helper no phone finds a page: nobody can sign in"},
	helper_untrusted = {"helper-untrusted", SEVERITY_ERROR,
		"whoever can change a program that faces the Internet decides what it does"},
	helper_conf = {"helper-conf", SEVERITY_ERROR, "the helper does not start with it"},
	helper_url = {"helper-url", SEVERITY_ERROR,
		"the helper refuses every login whose link does not begin with its own public_url"},
	helper_socket = {"helper-socket", SEVERITY_ERROR,
		"logins look for the helper where it is not"},
	helper_peer = {"helper-peer", SEVERITY_ERROR,
		"the helper talks to nobody but root and its peer_user: every login is turned "
		"away"},
	helper_reads = {"helper-reads", SEVERITY_ERROR,
		"the helper is no root: with its next start or reload it ends, or goes on with "
		"what it had"},
	helper_user = {"helper-user", SEVERITY_ERROR, "the helper does not start"},
	helper_proxy = {"helper-proxy", SEVERITY_WARNING,
		"all phones seem to come from the web server's address: they share one limit of "
		"requests, and where too many logins are pending a stranger's are not told from "
		"others"},
	helper_version = {"helper-version", SEVERITY_WARNING,
		"programs of different versions may not understand each other"},
	helper_old = {"helper-old", SEVERITY_WARNING,
		"the helper that runs is not the one that is installed"},
	helper_silent = {"helper-silent", SEVERITY_ERROR,
		"nothing answers at the helper's address: no phone gets a page"},
	socket_missing = {"socket-missing", SEVERITY_ERROR,
		"logins cannot reach the helper: nobody can sign in"},
	socket_untrusted = {"socket-untrusted", SEVERITY_ERROR,
		"anybody could play the helper: logins refuse to use it"},
	socket_dead = {"socket-dead", SEVERITY_ERROR,
		"nobody listens at the helper's socket: nobody can sign in"},
	socket_closed = {"socket-closed", SEVERITY_ERROR,
		"logins may not use the helper's socket: nobody can sign in"},
	socket_other = {"socket-unreachable", SEVERITY_ERROR,
		"logins cannot reach the helper: nobody can sign in"};

static void cut_end(char *string)
{
	string[strcspn(string, "\n")] = '\0';
}

static void check_version(struct doctor *doctor, const char *program)
{
	const char *arguments[] = {"-V", NULL};
	struct problem problem = {.text = ""};
	char output[256];
	int rv = helper_program_run(arguments, output, sizeof(output), &problem);

	cut_end(output);
	if (rv == 0 && strcmp(output, PAM_WECHAT_VERSION) == 0)
		return;
	if (rv == 0)
		doctor_find(doctor, &helper_version, program, 0,
			"this helper is version %s, this command " PAM_WECHAT_VERSION, output);
	else
		doctor_find(doctor, &helper_version, program, 0,
			"this helper does not tell its version, this command "
			"is " PAM_WECHAT_VERSION);
	doctor_mend_elsewhere(doctor, MEND_PACKAGE, "install both of one release, then %s",
		doctor_command_restart());
}

/* Returns NULL if the lines do not set the key; otherwise a string that the caller frees. */
static char *value_of(const char *lines, const char *key)
{
	char value[1024];

	return helper_program_value(lines, key, value, sizeof(value)) < 0 ? NULL : strdup(value);
}

/* Finds a key that has to say the same in both files. */
static void compare(struct doctor *doctor, const struct finding_kind *kind, const char *path,
	const char *key, const char *theirs, const char *our_key, const char *ours)
{
	if (theirs == NULL || strcmp(theirs, ours) == 0)
		return;
	doctor_find(doctor, kind, path, doctor_line_of(path, key), "%s is %s, and %s in %s is %s",
		key, theirs, our_key, doctor->conf, ours);
	doctor_mend_key(doctor, path, key, ours);
	doctor_mend_then(doctor, doctor_command_restart());
}

static void find_no_proxy(struct doctor *doctor, const char *path)
{
	const char *listen = doctor->helper_listen == NULL ? "" : doctor->helper_listen;
	bool is_v6 = strncmp(listen, "[::1]:", 6) == 0;

	doctor_find(doctor, &helper_proxy, path, 0,
		"public_url is https, so a web server stands in front, and no "
		"trusted_proxy is set");
	/* Whoever reaches the helper at an address of loopback is on this machine. */
	if (is_v6 || strncmp(listen, "127.", 4) == 0) {
		doctor_mend_key(doctor, path, "trusted_proxy", is_v6 ? "::1" : "127.0.0.1");
		doctor_mend_then(doctor, doctor_command_restart());
	} else {
		doctor_mend_elsewhere(doctor, MEND_VALUE,
			"add \"trusted_proxy = \" and the web server's address to %s, then %s",
			path, doctor_command_restart());
	}
}

static void check_values(struct doctor *doctor, const char *path, const char *lines)
{
	char *socket = value_of(lines, "socket");
	char *peer = value_of(lines, "peer_user");
	char *user = value_of(lines, "user");
	char *proxy = value_of(lines, "trusted_proxy");
	char *places = value_of(lines, "origin_pending");
	struct account account;

	doctor->helper_listen = value_of(lines, "listen");
	doctor->helper_figures = value_of(lines, "status_socket");
	doctor->helper_public_url = value_of(lines, "public_url");
	doctor->has_usual_places =
		places != NULL && decimal_parse_string(places, 1, USUAL_PLACES) >= 0;
	if (doctor->has_settings) {
		compare(doctor, &helper_url, path, "public_url", doctor->helper_public_url,
			"public_url", doctor->settings.public_url);
		compare(doctor, &helper_socket, path, "socket", socket, "socket",
			doctor->settings.socket);
		compare(doctor, &helper_peer, path, "peer_user", peer, "exchange_user",
			doctor->settings.exchange_user);
	}
	if (doctor->is_root && user != NULL) {
		int rv = account_find(&account, user);

		if (rv == -ENOENT) {
			doctor_find(doctor, &helper_user, path, doctor_line_of(path, "user"),
				"there is no user %s", user);
			doctor_mend_account(doctor, path, "user", user);
		} else if (rv == 0) {
			account_finish(&account);
		}
	}
	if (proxy == NULL && doctor->helper_public_url != NULL &&
		strncmp(doctor->helper_public_url, "https:", 6) == 0)
		find_no_proxy(doctor, path);
	free(socket);
	free(peer);
	free(user);
	free(proxy);
	free(places);
}

/* Root reads everything; the helper's user need not. */
static void check_as_user(struct doctor *doctor, const char *path, const char *lines)
{
	const char *arguments[] = {"-t", "-c", path, NULL};
	struct problem problem = {.text = ""};
	char *user = value_of(lines, "user");
	struct unprivileged as;
	char output[1024];

	/* That there is no such user, or that it is root, is said elsewhere. */
	if (doctor->is_root && user != NULL && unprivileged_choose(&as, user) == 0 &&
		helper_program_run_as(arguments, &as, output, sizeof(output), &problem) ==
			-EINVAL) {
		doctor_find_problem(doctor, &helper_reads, problem.text);
		doctor_mend_elsewhere(doctor, MEND_VALUE,
			"let user %s read it: chmod go+r the file, chmod go+rx each directory "
			"above; then setpriv --reuid=%s --regid=%s --clear-groups "
			"pam-wechat-helper -t -c %s says nothing",
			user, user, user, path);
	}
	free(user);
}

static void check_conf(struct doctor *doctor)
{
	char path[PATH_MAX], output[8192];
	const char *arguments[] = {"-T", "-c", path, NULL};
	struct problem problem = {.text = ""};

	if (helper_program_conf(doctor->conf, path, sizeof(path)) < 0)
		return;
	if (helper_program_run(arguments, output, sizeof(output), &problem) == 0) {
		check_values(doctor, path, output);
		check_as_user(doctor, path, output);
		return;
	}
	doctor_find_problem(doctor, &helper_conf, problem.text);
	if (doctor_mend_plain(doctor, path))
		return;
	if (access(path, F_OK) < 0 && errno == ENOENT)
		doctor_mend_missing(doctor, "helper.conf", "644");
	else
		doctor_mend_elsewhere(doctor, MEND_VALUE,
			"correct %s, until \"pam-wechat-helper -t -c %s\" says nothing", path,
			path);
}

void doctor_check_helper(struct doctor *doctor)
{
	struct problem problem = {.text = ""};
	char program[PATH_MAX];
	int rv = helper_program_find(program, sizeof(program), &problem);

	if (rv < 0) {
		doctor_find(doctor, &helper_missing, program, 0, "there is no such program");
		doctor_mend_elsewhere(doctor, MEND_PACKAGE, "install pam_wechat again");
		return;
	}
	rv = safe_file_open_program(program, &problem);
	if (rv < 0) {
		doctor_find_problem(doctor, &helper_untrusted, problem.text);
		doctor_mend_trust(doctor, problem.text, "755");
		return;
	}
	close(rv);
	check_version(doctor, program);
	check_conf(doctor);
}

/* systemd makes the socket for a group of its unit's; elsewhere the helper chooses it itself. */
static void mend_group(struct doctor *doctor, gid_t group)
{
	if (doctor_has_unit("pam-wechat-helper.socket"))
		doctor_mend_command(doctor,
			"mkdir -p /etc/systemd/system/pam-wechat-helper.socket.d && "
			"printf '[Socket]\\nSocketGroup=%u\\n' "
			">/etc/systemd/system/pam-wechat-helper.socket.d/group.conf && "
			"systemctl daemon-reload && %s",
			group, doctor_command_restart());
	else
		doctor_mend_command(doctor, "%s", doctor_command_restart());
}

/* Root was let in; a login's child has its user's own group and no other. */
static void check_socket_group(struct doctor *doctor)
{
	const char *path = doctor->settings.socket;
	struct account account;
	struct stat status;
	mode_t needed;

	if (account_find(&account, doctor->settings.exchange_user) < 0)
		return;
	if (stat(path, &status) == 0) {
		needed = account.uid == status.st_uid   ? S_IWUSR
		         : account.gid == status.st_gid ? S_IWGRP
		                                        : S_IWOTH;
		if ((status.st_mode & needed) == 0) {
			doctor_find(doctor, &socket_closed, path, 0,
				"its group is %u, and that of %s (exchange_user) is %u",
				status.st_gid, account.name, account.gid);
			mend_group(doctor, account.gid);
		}
	}
	account_finish(&account);
}

/* Its directory, or the socket itself: the helper leaves alone what it did not make so. */
static void mend_socket(struct doctor *doctor, const char *problem)
{
	const struct finding *last = &doctor->findings[doctor->count - 1];

	if (last->file == NULL || strcmp(last->file, doctor->settings.socket) != 0)
		doctor_mend_trust(doctor, problem, "755");
	else
		doctor_mend_command(doctor, "rm %s && %s", doctor_quote(doctor, last->file),
			doctor_command_restart());
}

static void mend_silence(struct doctor *doctor)
{
	doctor_mend_command(doctor, "%s", doctor_command_start());
	doctor_mend_add(doctor, "; journalctl -u pam-wechat-helper says why it ended");
}

void doctor_check_socket(struct doctor *doctor)
{
	struct problem problem = {.text = ""};
	int rv = seqpacket_connect(doctor->settings.socket, &problem);

	if (rv >= 0) {
		close(rv);
		check_socket_group(doctor);
	} else if (rv == -ENOENT) {
		doctor_find_problem(doctor, &socket_missing, problem.text);
		doctor_mend_command(doctor, "%s", doctor_command_start());
	} else if (rv == -EPERM) {
		doctor_find_problem(doctor, &socket_untrusted, problem.text);
		mend_socket(doctor, problem.text);
	} else if (rv == -ECONNREFUSED) {
		doctor_find_problem(doctor, &socket_dead, problem.text);
		mend_silence(doctor);
	} else {
		doctor_find_problem(doctor, &socket_other, problem.text);
		doctor_mend_command(doctor, "%s", doctor_command_restart());
	}
}

void doctor_check_running_helper(struct doctor *doctor)
{
	struct helper_status said = {.pending = -1, .loopback = -1, .remote = -1};
	struct problem problem = {.text = ""};
	int rv;

	if (doctor->helper_listen == NULL)
		return;
	rv = helper_status_ask_health(doctor->helper_listen, &problem);
	if (rv < 0) {
		doctor_find(doctor, &helper_silent, NULL, 0,
			"http://%s/healthz does not say ok: %s", doctor->helper_listen,
			rv == -EPROTO ? "something else answers there" : "no connection");
		mend_silence(doctor);
		return;
	}
	/* Its status socket alone tells the version. */
	if (doctor->helper_figures == NULL ||
		helper_status_ask_metrics(doctor->helper_figures, &said, &problem) < 0)
		return;
	if (said.remote == 0 && said.loopback > 0)
		doctor->loopback_logins = said.loopback;
	if (said.version[0] == '\0')
		doctor_find(doctor, &helper_old, NULL, 0,
			"the helper that runs is older than version " PAM_WECHAT_VERSION
			" of this command");
	else if (strcmp(said.version, PAM_WECHAT_VERSION) != 0)
		doctor_find(doctor, &helper_old, NULL, 0,
			"the helper that runs is version %s, this command " PAM_WECHAT_VERSION,
			said.version);
	else
		return;
	doctor_mend_command(doctor, "%s", doctor_command_restart());
}
