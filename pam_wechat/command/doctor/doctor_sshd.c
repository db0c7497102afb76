/* Of sshd: whether its options let the module ask, and nobody pass beside it. */
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "decimal.h"
#include "doctor.h"
#include "helper_program.h"
#include "problem.h"
#include "subprocess.h"
#include "text.h"
#include "users.h"

#define SSHD "/usr/sbin/sshd"
#define CONFIG "/etc/ssh/sshd_config"
#define INCLUDES_MAX 4
#define SPARE_SECONDS 30
#define MANY_LOGINS 20 /* more than somebody tries on the machine itself */

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
	sshd_kbd = {"sshd-keyboard-interactive", SEVERITY_ERROR,
		"the QR code is a question, and sshd asks none"},
	sshd_methods = {"sshd-methods", SEVERITY_ERROR, "sshd never asks the module"},
	sshd_others = {"sshd-methods-around", SEVERITY_WARNING,
		"whoever uses one of the other methods is never asked for WeChat"},
	sshd_others_named = {"sshd-methods-around", SEVERITY_NOTE,
		"whoever uses one of the lists without it is never asked for WeChat"},
	sshd_password = {"sshd-password", SEVERITY_WARNING,
		"sshd answers the module's question with the password that was typed, and ssh asks "
		"people for one in vain"},
	sshd_grace = {"sshd-grace", SEVERITY_ERROR,
		"sshd ends the connection while the login still waits for the phone"},
	sshd_grace_short = {"sshd-grace-short", SEVERITY_WARNING,
		"who begins late, or types slowly, is cut off before the login itself ends"},
	sshd_penalties = {"sshd-penalties", SEVERITY_WARNING,
		"PerSourcePenalties bars the addresses of people whose logins run into "
		"LoginGraceTime"},
	sshd_tries = {"sshd-tries", SEVERITY_WARNING,
		"a key that is refused uses up the only try: WeChat's turn never comes"},
	sshd_root = {"sshd-root", SEVERITY_NOTE,
		"the users table names root, as su and the console want it; sshd refuses root's "
		"answers"},
	sshd_dns = {"sshd-dns", SEVERITY_WARNING,
		"page and log name a client as the owner of its address likes, and people wait for "
		"name servers before they see the QR code"},
	sshd_tunnel = {"sshd-tunnel", SEVERITY_WARNING,
		"as through a tunnel, everybody comes from one address: a stranger shares the few "
		"pending logins of one origin with all, and the page can't say from where"},
	sshd_match = {"sshd-match", SEVERITY_NOTE,
		"what stands below Match was not looked at: it may say otherwise for some people"};

struct search {
	const char *keyword;
	char file[PATH_MAX];
	long line; /* 0: not found */
};

static void search_file(struct search *search, const char *path, int depth);

/* Looks into the files of an Include, in the order in which sshd reads them. */
static void search_includes(struct search *search, char *words, int depth)
{
	for (char *at = words; *at != '\0' && search->line == 0;) {
		size_t length = strcspn(at, " \t\"");
		char pattern[PATH_MAX];
		glob_t found;

		(void)snprintf(pattern, sizeof(pattern), "%s%.*s", at[0] == '/' ? "" : "/etc/ssh/",
			(int)length, at);
		at += length;
		at += strspn(at, " \t\"");
		if (length == 0 || glob(pattern, 0, NULL, &found) != 0)
			continue;
		for (size_t i = 0; i < found.gl_pathc && search->line == 0; i++)
			search_file(search, found.gl_pathv[i], depth + 1);
		globfree(&found);
	}
}

/* Whether a line sets the keyword; if so, *value is what follows it. */
static bool is_keyword(char *line, const char *keyword, char **value)
{
	char *at = line + strspn(line, " \t");
	size_t length = strlen(keyword);

	if (strncasecmp(at, keyword, length) != 0 || at[length] == '\0' ||
		strchr(" \t=\"", at[length]) == NULL)
		return false;
	*value = at + length + strspn(at + length, " \t=\"");
	return true;
}

/* The first line wins; what stands below Match counts for some people only. */
static void search_file(struct search *search, const char *path, int depth)
{
	FILE *file = depth > INCLUDES_MAX ? NULL : fopen(path, "re");
	char *line = NULL, *value = NULL;
	size_t size = 0;
	long number = 0;

	while (file != NULL && search->line == 0 && getline(&line, &size, file) >= 0) {
		number++;
		line[strcspn(line, "\n")] = '\0';
		if (is_keyword(line, search->keyword, &value)) {
			(void)snprintf(search->file, sizeof(search->file), "%s", path);
			search->line = number;
		} else if (is_keyword(line, "Include", &value)) {
			search_includes(search, value, depth);
		} else if (is_keyword(line, "Match", &value)) {
			break;
		}
	}
	free(line);
	if (file != NULL)
		(void)fclose(file);
}

/* Adds a finding at the line that sets the keyword: *search says which. */
static void find_value(struct doctor *doctor, const struct finding_kind *kind, const char *keyword,
	const char *value, struct search *search)
{
	*search = (struct search){.keyword = keyword};
	search_file(search, CONFIG, 0);
	doctor_find(doctor, kind, search->line > 0 ? search->file : CONFIG, search->line,
		"%s is %s", keyword, value);
}

/* The first Match of the file itself: what an included file matches ends with that file. */
static long find_match(void)
{
	FILE *file = fopen(CONFIG, "re");
	char *line = NULL, *value = NULL;
	size_t size = 0;
	long number = 0;
	bool found = false;

	while (!found && file != NULL && getline(&line, &size, file) >= 0) {
		number++;
		found = is_keyword(line, "Match", &value);
	}
	free(line);
	if (file != NULL)
		(void)fclose(file);
	return found ? number : 0;
}

/* Mends the finding that was added last by this value, where the search ended. */
static void mend_option(struct doctor *doctor, const struct search *search, const char *better)
{
	if (search->line > 0)
		doctor_mend_line(
			doctor, search->file, search->line, "%s %s", search->keyword, better);
	else
		doctor_mend_insert(doctor, CONFIG, find_match(), "%s %s", search->keyword, better);
	/* Debian calls it ssh, and others sshd. */
	doctor_mend_then(doctor, !doctor_has_unit("ssh.service") && doctor_has_unit("sshd.service")
					 ? "sshd -t && systemctl reload sshd"
					 : "sshd -t && systemctl reload ssh");
}

/* The same, and says what to write there. */
static void find_option(struct doctor *doctor, const struct finding_kind *kind, const char *keyword,
	const char *value, const char *better)
{
	struct search search;

	find_value(doctor, kind, keyword, value, &search);
	mend_option(doctor, &search, better);
}

/* Copies the value of a keyword out of what sshd -T wrote; "" if it is not there. */
static void value_of(const char *options, const char *keyword, char *value, size_t size)
{
	size_t length = strlen(keyword);

	value[0] = '\0';
	for (const char *at = options; at != NULL && *at != '\0'; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncasecmp(at, keyword, length) == 0 && at[length] == ' ') {
			at += length + 1;
			(void)snprintf(value, size, "%.*s", (int)strcspn(at, "\n"), at);
			return;
		}
	}
}

static bool is_on(const char *options, const char *keyword)
{
	char value[64];

	value_of(options, keyword, value, sizeof(value));
	return strcmp(value, "yes") == 0;
}

static void check_switches(struct doctor *doctor, const char *options)
{
	if (!is_on(options, "usepam"))
		find_option(doctor, &sshd_pam, "UsePAM", "no", "yes");
	if (!is_on(options, "kbdinteractiveauthentication"))
		find_option(doctor, &sshd_kbd, "KbdInteractiveAuthentication", "no", "yes");
}

/* Whether one list of methods ("publickey,keyboard-interactive:pam") asks the module. */
static bool list_asks(const char *list, size_t length)
{
	static const char method[] = "keyboard-interactive";

	for (size_t i = 0; i + sizeof(method) - 1 <= length; i++) {
		if (strncmp(list + i, method, sizeof(method) - 1) == 0)
			return true;
	}
	return false;
}

/* The same lists, and WeChat at the end of each: nobody needs less than before. */
static void add_method(const char *lists, char *all, size_t size)
{
	struct text text;

	text_init(&text, all, size);
	while (*lists != '\0') {
		size_t length = strcspn(lists, " ");

		text_addf(&text, "%s%.*s,keyboard-interactive", text.length > 0 ? " " : "",
			(int)length, lists);
		lists += length;
		lists += strspn(lists, " ");
	}
}

static void check_methods(struct doctor *doctor, const char *options)
{
	static const char better[] = "keyboard-interactive";
	size_t asking = 0, others = 0;
	struct search search;
	char methods[1024], all[4096];

	value_of(options, "authenticationmethods", methods, sizeof(methods));
	if (methods[0] == '\0' || strcmp(methods, "any") == 0) {
		bool keys = is_on(options, "pubkeyauthentication");

		if (keys || is_on(options, "gssapiauthentication") ||
			is_on(options, "hostbasedauthentication"))
			find_option(doctor, &sshd_others, "AuthenticationMethods",
				keys ? "any: a key alone is enough" : "any", better);
		if (is_on(options, "passwordauthentication"))
			find_option(doctor, &sshd_password, "PasswordAuthentication", "yes", "no");
		return;
	}
	for (const char *at = methods; *at != '\0';) {
		size_t length = strcspn(at, " ");

		asking += list_asks(at, length);
		others += !list_asks(at, length);
		at += length;
		at += strspn(at, " ");
	}
	if (asking == 0) {
		add_method(methods, all, sizeof(all));
		find_option(doctor, &sshd_methods, "AuthenticationMethods", methods, all);
	} else if (others > 0) {
		/* Somebody has written them out, who wants them: a key or WeChat, for instance. */
		find_value(doctor, &sshd_others_named, "AuthenticationMethods", methods, &search);
		doctor_mend_elsewhere(doctor, MEND_CHOICE,
			"nothing, unless everybody is to be asked: then AuthenticationMethods %s",
			better);
	}
}

static void check_times(struct doctor *doctor, const char *options, long timeout)
{
	char grace[32], tries[32], methods[1024], penalties[256], better[32];
	long seconds;

	value_of(options, "logingracetime", grace, sizeof(grace));
	value_of(options, "maxauthtries", tries, sizeof(tries));
	value_of(options, "authenticationmethods", methods, sizeof(methods));
	value_of(options, "persourcepenalties", penalties, sizeof(penalties));
	seconds = (long)decimal_parse_string(grace, 0, LONG_MAX);
	(void)snprintf(better, sizeof(better), "%ld", timeout + SPARE_SECONDS);
	/* 0: no limit. */
	if (seconds > 0 && seconds < timeout + SPARE_SECONDS) {
		find_option(doctor, seconds <= timeout ? &sshd_grace : &sshd_grace_short,
			"LoginGraceTime", grace, better);
		if (penalties[0] != '\0' && strcmp(penalties, "no") != 0)
			find_option(doctor, &sshd_penalties, "LoginGraceTime", grace, better);
	}
	if (strcmp(tries, "1") == 0 && strstr(methods, "publickey") != NULL)
		find_option(doctor, &sshd_tries, "MaxAuthTries", tries, "6");
}

static void check_root(struct doctor *doctor, const char *options)
{
	struct problem problem;
	struct users *users = NULL;
	struct search search;
	char permit[64];

	value_of(options, "permitrootlogin", permit, sizeof(permit));
	if (strcmp(permit, "yes") != 0 && doctor->has_settings &&
		users_read(doctor->settings.users_file, &users, &problem) == 0 &&
		users_has_user(users, "root")) {
		find_value(doctor, &sshd_root, "PermitRootLogin", permit, &search);
		/* Nobody is told to open what he may have shut. */
		doctor_mend_elsewhere(doctor, MEND_CHOICE,
			"nothing, unless root is to sign in by ssh: then PermitRootLogin yes");
	}
	users_free(&users);
}

/* Whether all addresses that sshd listens to are of loopback. */
static bool is_loopback_alone(const char *options)
{
	static const char keyword[] = "listenaddress ";
	size_t count = 0;

	for (const char *at = options; at != NULL && *at != '\0'; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, keyword, strlen(keyword)) != 0)
			continue;
		at += strlen(keyword);
		if (strncmp(at, "127.", 4) != 0 && strncmp(at, "[::1]:", 6) != 0)
			return false;
		count++;
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

static void check_addresses(struct doctor *doctor, const char *options)
{
	if (is_on(options, "usedns"))
		find_option(doctor, &sshd_dns, "UseDNS", "yes", "no");
	if (!doctor->has_usual_places)
		return;
	if (is_loopback_alone(options)) {
		struct search search;

		find_value(doctor, &sshd_tunnel, "ListenAddress", "of loopback alone", &search);
		mend_places(doctor);
	} else if (doctor->loopback_logins >= MANY_LOGINS) {
		doctor_find(doctor, &sshd_tunnel, NULL, 0,
			"all %ld logins by ssh since the helper started came from 127.0.0.1",
			doctor->loopback_logins);
		mend_places(doctor);
	}
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
	doctor_find(doctor, &sshd_config, CONFIG, 0, "%.*s", (int)strcspn(said, "\r\n"), said);
	doctor_mend_elsewhere(doctor, MEND_VALUE, "correct " CONFIG ", until sshd -t says nothing");
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

void doctor_check_sshd(struct doctor *doctor)
{
	static const char *const argv[] = {SSHD, "-T", NULL};
	static char options[32768];
	struct search match = {.keyword = "Match"};
	char service[64];
	int rv;

	if (access(SSHD, X_OK) < 0) {
		if (doctor_service(doctor, "sshd") != NULL)
			doctor_find(doctor, &sshd_missing, NULL, 0, "there is no " SSHD);
		return;
	}
	rv = subprocess_run(argv, options, sizeof(options));
	/* sshd up to 9.9 knows one name; later ones tell theirs. */
	value_of(options, "pamservicename", service, sizeof(service));
	if (rv != 0 || service[0] == '\0')
		strcpy(service, "sshd");
	if (doctor_service(doctor, service) == NULL)
		return;
	if (rv > 0 && strncmp(options, no_directory, strlen(no_directory)) == 0) {
		find_no_directory(doctor, service, options);
		return;
	}
	if (rv != 0) {
		find_refusal(doctor, rv < 0 ? strerror(-rv) : options);
		return;
	}
	check_switches(doctor, options);
	check_methods(doctor, options);
	check_times(doctor, options, doctor_service(doctor, service)->timeout);
	check_root(doctor, options);
	check_addresses(doctor, options);
	search_file(&match, CONFIG, 0);
	if (match.line > 0) {
		doctor_find(doctor, &sshd_match, match.file, match.line, "there is a Match block");
		doctor_mend_elsewhere(doctor, MEND_CHOICE,
			"sshd -T -C user=alice,host=web1,addr=203.0.113.7 shows what is "
			"in force for somebody");
	}
}
