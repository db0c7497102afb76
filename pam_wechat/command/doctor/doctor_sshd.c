/* Of sshd: whether its options let the module ask, and nobody pass beside it. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "decimal.h"
#include "display.h"
#include "doctor.h"
#include "doctor_sshd.h"
#include "helper_program.h"
#include "sshd_config.h"
#include "sshd_methods.h"
#include "text.h"

#define SPARE_SECONDS 30
#define MANY_LOGINS 20 /* more than somebody tries on the machine itself */
#define STARTUPS 10    /* sshd's own default */
#define STARTUPS_OF_ONE 3

static const char no_directory[] = "Missing privilege separation directory: ";

static const struct finding_kind
	sshd_config = {"sshd-config", SEVERITY_ERROR, "sshd does not start with it"},
	sshd_unread = {"sshd-unread", SEVERITY_NOTE,
		"sshd tells its options only where that directory is, which systemd makes and "
		"removes with ssh.service: they were not looked at"},
	sshd_unread_now = {"sshd-unread", SEVERITY_ERROR,
		"sshd tells its options only where that directory is: nobody may get in with those "
		"that it has"},
	sshd_missing = {"sshd-missing", SEVERITY_NOTE, "its options were not looked at"},
	sshd_pam = {"sshd-usepam", SEVERITY_ERROR, "sshd never asks the module"},
	sshd_grace = {"sshd-grace", SEVERITY_ERROR,
		"sshd ends the connection while the login still waits for the phone"},
	sshd_grace_short = {"sshd-grace-short", SEVERITY_WARNING,
		"who begins late, or types slowly, is cut off before the login itself ends"},
	sshd_penalties = {"sshd-penalties", SEVERITY_WARNING,
		"PerSourcePenalties bars the addresses of people whose logins run into "
		"LoginGraceTime"},
	sshd_dns = {"sshd-dns", SEVERITY_WARNING,
		"page and log name a client as the owner of its address likes, and people wait for "
		"name servers before they see the QR code"},
	sshd_tunnel = {"sshd-tunnel", SEVERITY_WARNING,
		"as through a tunnel, everybody comes from one address: a stranger shares the few "
		"pending logins of one origin with all, and the page can't say from where"},
	sshd_startups = {"sshd-startups", SEVERITY_WARNING,
		"a login waits for a phone up to 90 seconds: while so many wait, sshd drops whoever "
		"comes"};

void doctor_sshd_add_name(struct text *names, const char *name)
{
	char shown[DISPLAY_NAME_SIZE];

	display_name(shown, name);
	text_addf(names, "%s%s", names->length > 0 ? ", " : "", shown);
}

void doctor_sshd_find(
	struct doctor *doctor, const struct finding_kind *kind, const struct doctor_option *option)
{
	struct sshd_line line;
	bool found = sshd_config_find(option->config, option->keyword, &line);

	doctor_find(doctor, kind, found ? line.file : SSHD_CONFIG, found ? line.number : 0,
		"%s is %s%s", option->keyword, option->value, option->whom);
}

/* The first Match of the file itself: what an included file matches ends with that file. */
static long find_match(void)
{
	FILE *file = fopen(SSHD_CONFIG, "re");
	char *line = NULL;
	size_t size = 0;
	long number = 0;
	bool found = false;

	while (!found && file != NULL && getline(&line, &size, file) >= 0) {
		const char *word = line + strspn(line, " \t");

		number++;
		found = strncasecmp(word, "Match", 5) == 0 && strchr(" \t=\"", word[5]) != NULL;
	}
	free(line);
	if (file != NULL)
		(void)fclose(file);
	return found ? number : 0;
}

void doctor_sshd_mend(struct doctor *doctor, const struct doctor_option *option, const char *better)
{
	struct sshd_line line;

	if (sshd_config_find(option->config, option->keyword, &line))
		doctor_mend_line(doctor, line.file, line.number, "%s %s", option->keyword, better);
	else
		doctor_mend_insert(
			doctor, SSHD_CONFIG, find_match(), "%s %s", option->keyword, better);
	/* Debian calls it ssh, and others sshd. */
	doctor_mend_then(doctor, !doctor_has_unit("ssh.service") && doctor_has_unit("sshd.service")
					 ? "sshd -t && systemctl reload sshd"
					 : SSHD_RELOAD);
}

static void find_option(struct doctor *doctor, const struct finding_kind *kind,
	const struct sshd_config *config, const char *keyword, const char *value,
	const char *better)
{
	const struct doctor_option option = {
		.config = config, .keyword = keyword, .value = value, .whom = ""};

	doctor_sshd_find(doctor, kind, &option);
	doctor_sshd_mend(doctor, &option, better);
}

/* A number, or the number that a value begins with; -EINVAL if it doesn't. */
static long number_of(const struct sshd_config *config, const char *keyword)
{
	char value[64];

	(void)sshd_config_value(config, keyword, 0, value, sizeof(value));
	return (long)decimal_parse(value, decimal_span(value), 0, LONG_MAX);
}

static void check_times(struct doctor *doctor, const struct sshd_config *config, long timeout)
{
	char grace[32], penalties[256], better[32];
	long seconds = number_of(config, "logingracetime");

	(void)sshd_config_value(config, "logingracetime", 0, grace, sizeof(grace));
	(void)sshd_config_value(config, "persourcepenalties", 0, penalties, sizeof(penalties));
	(void)snprintf(better, sizeof(better), "%ld", timeout + SPARE_SECONDS);
	/* 0: no limit. */
	if (seconds <= 0 || seconds >= timeout + SPARE_SECONDS)
		return;
	find_option(doctor, seconds <= timeout ? &sshd_grace : &sshd_grace_short, config,
		"LoginGraceTime", grace, better);
	if (penalties[0] != '\0' && strcmp(penalties, "no") != 0)
		find_option(doctor, &sshd_penalties, config, "LoginGraceTime", grace, better);
}

static void check_startups(struct doctor *doctor, const struct sshd_config *config)
{
	long all = number_of(config, "maxstartups"),
	     of_one = number_of(config, "persourcemaxstartups");
	char value[64];

	(void)sshd_config_value(config, "maxstartups", 0, value, sizeof(value));
	if (all >= 0 && all < STARTUPS)
		find_option(doctor, &sshd_startups, config, "MaxStartups", value, "10:30:100");
	(void)sshd_config_value(config, "persourcemaxstartups", 0, value, sizeof(value));
	if (of_one >= 0 && of_one < STARTUPS_OF_ONE)
		find_option(doctor, &sshd_startups, config, "PerSourceMaxStartups", value, "none");
}

/* Whether all addresses that sshd listens to are of loopback. */
static bool is_loopback_alone(const struct sshd_config *config)
{
	char value[128];
	size_t count = 0;

	for (; sshd_config_value(config, "listenaddress", count, value, sizeof(value)); count++) {
		if (strncmp(value, "127.", 4) != 0 && strncmp(value, "[::1]:", 6) != 0)
			return false;
	}
	return count > 0;
}

static void mend_places(struct doctor *doctor)
{
	char path[PATH_MAX];

	if (helper_program_conf(doctor->conf, path, sizeof(path)) < 0)
		return;
	doctor_mend_key(doctor, path, "origin_pending", "200");
	doctor_mend_then(doctor, doctor_command_reload());
	doctor_mend_add(doctor, "; or let sshd see where people come from");
}

static void check_addresses(struct doctor *doctor, const struct sshd_config *config)
{
	if (sshd_config_is_on(config, "usedns"))
		find_option(doctor, &sshd_dns, config, "UseDNS", "yes", "no");
	if (!doctor->has_usual_places)
		return;
	if (is_loopback_alone(config)) {
		doctor_sshd_find(doctor, &sshd_tunnel,
			&(struct doctor_option){.config = config,
				.keyword = "ListenAddress",
				.value = "of loopback alone",
				.whom = ""});
		mend_places(doctor);
	} else if (doctor->loopback_logins >= MANY_LOGINS) {
		doctor_find(doctor, &sshd_tunnel, NULL, 0,
			"all %ld logins by ssh since the helper started came from 127.0.0.1",
			doctor->loopback_logins);
		mend_places(doctor);
	}
}

/* A method without which no list of AuthenticationMethods is left: sshd refuses to start then. */
static bool find_disabled(struct doctor *doctor, const struct sshd_config *config)
{
	enum sshd_method method = sshd_method_disabled(sshd_config_said(config));
	const char *said = sshd_config_said(config);
	struct doctor_option option = {.config = config, .whom = ""};
	struct sshd_line line;

	if (method == SSHD_METHODS)
		return false;
	option.keyword =
		method == SSHD_KEYBOARD ? sshd_method_keyword(method) : "AuthenticationMethods";
	(void)sshd_config_find(config, option.keyword, &line);
	doctor_find(doctor, &sshd_config, line.number > 0 ? line.file : SSHD_CONFIG, line.number,
		"%.*s", (int)strcspn(said, "\n"), said);
	doctor_sshd_mend(doctor, &option, method == SSHD_KEYBOARD ? "yes" : "keyboard-interactive");
	return true;
}

/* sshd begins its complaints with "/etc/ssh/sshd_config: line 8: ", or without the first colon. */
static void find_refusal(struct doctor *doctor, const char *said)
{
	size_t length = strcspn(said, ": ");
	const char *rest = said + length + strspn(said + length, ": ");
	char file[PATH_MAX];
	size_t digits;
	long line;

	if (said[0] == '/' && strncmp(rest, "line ", 5) == 0) {
		(void)snprintf(file, sizeof(file), "%.*s", (int)length, said);
		rest += 5;
		digits = decimal_span(rest);
		line = digits == 0 ? 0 : (long)decimal_parse(rest, digits, 0, LONG_MAX);
		rest += digits;
		rest += strspn(rest, ": ");
		doctor_find(
			doctor, &sshd_config, file, line, "%.*s", (int)strcspn(rest, "\r\n"), rest);
		doctor_mend_elsewhere(doctor, MEND_VALUE,
			"correct line %ld of %s, until sshd -t says nothing", line, file);
		return;
	}
	doctor_find(doctor, &sshd_config, SSHD_CONFIG, 0, "%.*s", (int)strcspn(said, "\r\n"), said);
	doctor_mend_elsewhere(
		doctor, MEND_VALUE, "correct " SSHD_CONFIG ", until sshd -t says nothing");
}

/* Where it is started by ssh.socket and nobody is connected, nothing is wrong with that. */
static void find_no_directory(struct doctor *doctor, const char *service, const char *said)
{
	bool is_now = doctor->expected != NULL && strcmp(doctor->expected, service) == 0;
	const char *place = said + strlen(no_directory);
	char folder[PATH_MAX];

	doctor_find(doctor, is_now ? &sshd_unread_now : &sshd_unread, NULL, 0, "%.*s",
		(int)strcspn(said, "\r\n"), said);
	(void)snprintf(folder, sizeof(folder), "%.*s", (int)strcspn(place, "\r\n"), place);
	doctor_mend_command(doctor, "mkdir -m 755 %s", doctor_quote(doctor, folder));
	doctor_mend_add(doctor, "; then once more");
}

static void check_options(
	struct doctor *doctor, const struct sshd_config *config, const char *service)
{
	/* No Match changes these. */
	if (!sshd_config_is_on(config, "usepam"))
		find_option(doctor, &sshd_pam, config, "UsePAM", "no", "yes");
	check_times(doctor, config, doctor_service(doctor, service)->timeout);
	check_startups(doctor, config);
	check_addresses(doctor, config);
	doctor_check_sshd_users(doctor, config);
	doctor_check_sshd_running(doctor, config);
}

/* What sshd said in place of its options. */
static void find_complaint(
	struct doctor *doctor, const struct sshd_config *config, const char *service)
{
	const char *said = sshd_config_said(config);

	if (strncmp(said, no_directory, strlen(no_directory)) == 0)
		find_no_directory(doctor, service, said);
	else if (!find_disabled(doctor, config))
		find_refusal(doctor, said);
}

void doctor_check_sshd(struct doctor *doctor)
{
	struct sshd_config *config = NULL;
	char service[64] = "";
	int rv;

	if (access(SSHD_PROGRAM, X_OK) < 0) {
		if (doctor_service(doctor, "sshd") != NULL)
			doctor_find(doctor, &sshd_missing, NULL, 0, "there is no " SSHD_PROGRAM);
		return;
	}
	rv = sshd_config_ask(NULL, &config);
	/* The name of its PAM service; earlier ones don't tell it. */
	if (rv == 0)
		(void)sshd_config_value(config, "pamservicename", 0, service, sizeof(service));
	if (service[0] == '\0')
		strcpy(service, "sshd");
	if (doctor_service(doctor, service) == NULL)
		rv = 0;
	else if (rv < 0)
		find_refusal(doctor, strerror(-rv));
	else if (rv > 0)
		find_complaint(doctor, config, service);
	else
		check_options(doctor, config, service);
	sshd_config_free(&config);
}
