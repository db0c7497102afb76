/* Of the system around: login's limit, systemd's units, SELinux and AppArmor. */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "decimal.h"
#include "doctor.h"

#define LOGIN_DEFS "/etc/login.defs"
#define LOGIN_SECONDS 60 /* login's own default; the module uses 50 of them */
#define SOCKET "pam-wechat-helper.socket"
#define SERVICE "pam-wechat-helper.service"

static const struct finding_kind
	login_timeout = {"login-timeout", SEVERITY_WARNING,
		"login ends while the module still waits for the phone"},
	unit_missing = {"unit-missing", SEVERITY_WARNING,
		"systemd does not know the helper: it is not there after a restart of the machine"},
	unit_disabled = {"unit-disabled", SEVERITY_WARNING,
		"the helper is not started when the machine is: nobody can sign in then"},
	selinux = {"selinux", SEVERITY_NOTE,
		"its policy may keep sshd from starting the exchange, or the helper from "
		"listening"},
	apparmor = {"apparmor", SEVERITY_NOTE,
		"a profile of sshd or login may keep them from starting the exchange"};

/* The first number of a line, or -EINVAL. */
static long number_in(const char *line)
{
	const char *number = line + strcspn(line, "0123456789");

	return (long)decimal_parse(number, decimal_span(number), 0, LONG_MAX);
}

void doctor_check_login(struct doctor *doctor)
{
	const struct doctor_service *login = doctor_service(doctor, "login");
	long line = doctor_line_of(LOGIN_DEFS, "LOGIN_TIMEOUT");
	FILE *file = line > 0 && login != NULL ? fopen(LOGIN_DEFS, "re") : NULL;
	char *text = NULL;
	size_t size = 0;
	long seconds = LOGIN_SECONDS;

	for (long i = 0; file != NULL && i < line && getline(&text, &size, file) >= 0; i++) {
		if (i == line - 1)
			seconds = number_in(text);
	}
	free(text);
	if (file != NULL)
		(void)fclose(file);
	/* 0: no limit. */
	if (seconds > 0 && seconds < LOGIN_SECONDS) {
		doctor_find(
			doctor, &login_timeout, LOGIN_DEFS, line, "LOGIN_TIMEOUT is %ld", seconds);
		doctor_mend_line(doctor, LOGIN_DEFS, line, "LOGIN_TIMEOUT\t60");
	}
}

bool doctor_has_unit(const char *unit)
{
	static const char *const folders[] = {"/etc/systemd/system", "/run/systemd/system",
		"/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folders[i], unit);
		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

/* Whether another unit wants it: what `systemctl enable` does is a link in such a folder. */
static bool is_enabled(const char *unit)
{
	static const char *const folders[] = {"/etc/systemd/system", "/run/systemd/system"};
	bool found = false;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		DIR *folder = opendir(folders[i]);
		const struct dirent *entry;

		while (folder != NULL && (entry = readdir(folder)) != NULL) {
			const char *dot = strrchr(entry->d_name, '.');
			char path[PATH_MAX + 1024];
			char spare[8];

			if (dot == NULL ||
				(strcmp(dot, ".wants") != 0 && strcmp(dot, ".requires") != 0))
				continue;
			(void)snprintf(
				path, sizeof(path), "%s/%s/%s", folders[i], entry->d_name, unit);
			found = found || readlink(path, spare, sizeof(spare)) >= 0;
		}
		if (folder != NULL)
			(void)closedir(folder);
	}
	return found;
}

void doctor_check_units(struct doctor *doctor)
{
	static const char *const units[] = {SOCKET, SERVICE};

	/* sd_booted(3) looks for this folder. */
	if (access("/run/systemd/system", F_OK) < 0)
		return;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!doctor_has_unit(units[i])) {
			doctor_find(
				doctor, &unit_missing, NULL, 0, "there is no unit %s", units[i]);
			doctor_mend_elsewhere(doctor, MEND_PACKAGE,
				"install pam_wechat again, then systemctl daemon-reload");
		} else if (!is_enabled(units[i])) {
			doctor_find(doctor, &unit_disabled, NULL, 0, "%s is not enabled", units[i]);
			doctor_mend_command(doctor, "systemctl enable --now %s", units[i]);
		}
	}
}

/* The first character of a file of one line; 0 if there is none. */
static int first_of(const char *path)
{
	FILE *file = fopen(path, "re");
	int first = file == NULL ? EOF : getc(file);

	if (file != NULL)
		(void)fclose(file);
	return first == EOF ? 0 : first;
}

void doctor_check_confinement(struct doctor *doctor)
{
	if (first_of("/sys/fs/selinux/enforce") == '1') {
		doctor_find(doctor, &selinux, "/sys/fs/selinux/enforce", 0, "SELinux enforces");
		doctor_mend_elsewhere(
			doctor, MEND_POLICY, "if logins fail: ausearch -m avc -ts recent");
	}
	if (first_of("/sys/module/apparmor/parameters/enabled") == 'Y') {
		doctor_find(doctor, &apparmor, "/sys/module/apparmor/parameters/enabled", 0,
			"AppArmor is on");
		doctor_mend_elsewhere(doctor, MEND_POLICY,
			"if logins fail: journalctl -k -g 'apparmor=\"DENIED\"'");
	}
}
