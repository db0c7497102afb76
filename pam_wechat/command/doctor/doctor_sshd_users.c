/* Of sshd: what it does for those whom the users table names, for root, and for everybody else. */
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "decimal.h"
#include "doctor_sshd.h"
#include "doctor_sshd_bars.h"
#include "problem.h"
#include "sshd_config.h"
#include "sshd_methods.h"
#include "text.h"
#include "users.h"

#define PEOPLE_MAX 32      /* for each of whom sshd is asked, where there is a Match */
#define ANYBODY "nobody"   /* whoever the users table does not name */
#define FROM "203.0.113.7" /* an address that is nobody's, and so not one of this network */
#define TO "127.0.0.1"
#define PORT 22
#define TRIES 3 /* ssh may offer a key or two that are refused */

static const char keyboard[] = "keyboard-interactive",
		  with_key[] = "publickey,keyboard-interactive";

static const struct finding_kind
	sshd_kbd = {"sshd-keyboard-interactive", SEVERITY_ERROR,
		"the QR code is a question, and sshd asks none"},
	sshd_kbd_some = {"sshd-keyboard-interactive", SEVERITY_WARNING,
		"the QR code is a question, and sshd asks none"},
	sshd_methods = {"sshd-methods", SEVERITY_ERROR, "sshd never asks the module"},
	sshd_methods_some = {"sshd-methods", SEVERITY_WARNING, "sshd never asks the module"},
	sshd_nowhere = {"sshd-methods-nowhere", SEVERITY_ERROR,
		"nobody gets through: sshd answers the module's question with the password that was "
		"typed, or a method is switched off"},
	sshd_nowhere_some = {"sshd-methods-nowhere", SEVERITY_WARNING,
		"nobody gets through: sshd answers the module's question with the password that was "
		"typed, or a method is switched off"},
	sshd_others = {"sshd-methods-around", SEVERITY_WARNING,
		"whoever uses one of the other methods is never asked for WeChat"},
	sshd_others_named = {"sshd-methods-around", SEVERITY_NOTE,
		"whoever uses one of the lists without it is never asked for WeChat"},
	sshd_password = {"sshd-password", SEVERITY_WARNING,
		"sshd answers the module's question with the password that was typed, and ssh asks "
		"people for one in vain"},
	sshd_tries = {"sshd-tries", SEVERITY_WARNING,
		"keys that are refused use up the tries: WeChat's turn never comes"},
	sshd_match = {"sshd-match", SEVERITY_NOTE,
		"it was looked at for a client at " FROM ": for others it may say otherwise"},
	sshd_users = {"sshd-users", SEVERITY_NOTE, "a Match may say otherwise for the others"};

/* What sshd does for somebody, or for several. */
struct outcome {
	struct sshd_config *own;          /* NULL: that of everybody */
	const struct sshd_config *config; /* what is in force */
	struct sshd_lists lists;
	size_t listed; /* users of the table */
	struct text names;
	char names_bytes[DOCTOR_NAMES_MAX];
	bool is_root, is_anybody; /* who is not in the table */
};

struct people {
	struct users *users;
	const struct sshd_config *config; /* what is in force for everybody */
	bool has_match;
	struct outcome outcomes[PEOPLE_MAX + 2]; /* root and anybody are the others */
	size_t count;
	struct doctor_bars bars;
	size_t listed, left_out; /* users of the table: looked at, and not */
	bool is_asked;           /* at least one of them is asked for WeChat */
};

/* Whether sshd asks them, and they can get through. */
static bool is_asked(const struct outcome *outcome)
{
	return outcome->lists.has_any
	               ? sshd_config_is_on(outcome->config, "KbdInteractiveAuthentication")
	               : outcome->lists.asking > 0;
}

/* The same outcome as somebody else's, or a new one. *own is taken. */
static struct outcome *add_outcome(struct people *people, struct sshd_config **own)
{
	const struct sshd_config *config = *own == NULL ? people->config : *own;
	struct outcome *outcome = people->outcomes;

	for (; outcome < people->outcomes + people->count; outcome++) {
		if (strcmp(sshd_config_said(outcome->config), sshd_config_said(config)) == 0) {
			sshd_config_free(own);
			return outcome;
		}
	}
	people->count++;
	outcome->own = *own;
	outcome->config = config;
	*own = NULL;
	sshd_methods_read(config, &outcome->lists);
	text_init(&outcome->names, outcome->names_bytes, sizeof(outcome->names_bytes));
	return outcome;
}

/* What sshd does for this user, who is asked for only where a Match may make a difference. */
static struct outcome *ask_for(struct people *people, const char *user)
{
	const struct sshd_client client = {.user = user, .from = FROM, .to = TO, .port = PORT};
	struct sshd_config *own = NULL;

	if (people->has_match && sshd_config_ask(&client, &own) != 0)
		sshd_config_free(&own);
	return add_outcome(people, &own);
}

static void ask_for_listed(struct people *people)
{
	const char *user;

	for (size_t i = 0; (user = users_user_at(people->users, i)) != NULL; i++) {
		struct outcome *outcome;

		if (!users_is_first_at(people->users, i))
			continue;
		if (people->has_match && people->listed == PEOPLE_MAX) {
			people->left_out++;
			continue;
		}
		outcome = ask_for(people, user);
		outcome->listed++;
		people->listed++;
		people->is_asked = people->is_asked || is_asked(outcome);
		doctor_sshd_add_name(&outcome->names, user);
		doctor_bars_note(&people->bars, outcome->config, user);
	}
	people->is_asked = people->is_asked || people->left_out > 0;
}

static void find_option(struct doctor *doctor, const struct finding_kind *kind,
	const struct outcome *outcome, const char *keyword, const char *value, const char *whom,
	const char *better)
{
	const struct doctor_option option = {
		.config = outcome->config, .keyword = keyword, .value = value, .whom = whom};

	doctor_sshd_find(doctor, kind, &option);
	doctor_sshd_mend(doctor, &option, better);
}

static void find_tries(struct doctor *doctor, const struct outcome *outcome, const char *whom)
{
	char tries[32];
	long number;

	(void)sshd_config_value(outcome->config, "MaxAuthTries", 0, tries, sizeof(tries));
	number = (long)decimal_parse_string(tries, 0, LONG_MAX);
	if (number < 0 || number >= TRIES ||
		!sshd_config_is_on(outcome->config, "PubkeyAuthentication") ||
		!(outcome->lists.has_any || outcome->lists.begins_with_key))
		return;
	find_option(doctor, &sshd_tries, outcome, "MaxAuthTries", tries, whom, "6");
}

/* Every single method that is on is enough. */
static void find_others(struct doctor *doctor, const struct outcome *outcome, const char *whom)
{
	bool has_keys = sshd_config_is_on(outcome->config, "PubkeyAuthentication");

	if (has_keys || sshd_config_is_on(outcome->config, "GSSAPIAuthentication") ||
		sshd_config_is_on(outcome->config, "HostbasedAuthentication"))
		find_option(doctor, &sshd_others, outcome, "AuthenticationMethods",
			has_keys ? "any: a key alone is enough" : "any", whom, keyboard);
	if (sshd_config_is_on(outcome->config, "PasswordAuthentication"))
		find_option(doctor, &sshd_password, outcome, "PasswordAuthentication", "yes", whom,
			"no");
}

/* Somebody has written them out, who wants them: a key or WeChat, for instance. */
static void note_others(
	struct doctor *doctor, const struct outcome *outcome, const char *value, const char *whom)
{
	const struct doctor_option option = {.config = outcome->config,
		.keyword = "AuthenticationMethods",
		.value = value,
		.whom = whom};

	doctor_sshd_find(doctor, &sshd_others_named, &option);
	doctor_mend_elsewhere(doctor, MEND_CHOICE,
		"nothing, unless everybody is to be asked: then AuthenticationMethods %s",
		keyboard);
}

/* Of those whom the table names; or of all, if it names nobody yet. */
static void judge_listed(struct doctor *doctor, const struct people *people,
	const struct outcome *outcome, const char *whom)
{
	bool is_on = sshd_config_is_on(outcome->config, "KbdInteractiveAuthentication");
	const struct sshd_lists *lists = &outcome->lists;
	bool some = people->is_asked;
	char methods[1024];

	(void)sshd_config_value(
		outcome->config, "AuthenticationMethods", 0, methods, sizeof(methods));
	if (!is_on)
		find_option(doctor, some ? &sshd_kbd_some : &sshd_kbd, outcome,
			"KbdInteractiveAuthentication", "no", whom, "yes");
	if (lists->has_any) {
		find_others(doctor, outcome, whom);
	} else if (lists->asking == 0 && (is_on || !lists->names_asking)) {
		const struct finding_kind *kind =
			lists->names_asking ? (some ? &sshd_nowhere_some : &sshd_nowhere)
					    : (some ? &sshd_methods_some : &sshd_methods);

		/* Who has to have a key goes on needing it. */
		find_option(doctor, kind, outcome, "AuthenticationMethods", methods, whom,
			strstr(methods, "publickey") != NULL &&
					sshd_config_is_on(outcome->config, "PubkeyAuthentication")
				? with_key
				: keyboard);
	} else if (lists->around > 0) {
		note_others(doctor, outcome, methods, whom);
	}
	find_tries(doctor, outcome, whom);
}

/* Of root and others who are not in the table. */
static void judge_others(struct doctor *doctor, const struct outcome *outcome)
{
	const char *whom =
		outcome->is_anybody ? " for whom the users table does not name" : " for root";
	bool has_keys = sshd_config_is_on(outcome->config, "PubkeyAuthentication");
	char value[1024];

	(void)sshd_config_value(outcome->config, "PermitRootLogin", 0, value, sizeof(value));
	if (!outcome->is_anybody && strcmp(value, "no") == 0)
		return;
	(void)sshd_config_value(outcome->config, "AuthenticationMethods", 0, value, sizeof(value));
	if (outcome->lists.has_any && has_keys)
		note_others(doctor, outcome, "any: a key alone is enough", whom);
	else if (outcome->lists.around > 0)
		note_others(doctor, outcome, value, whom);
}

static void judge(struct doctor *doctor, const struct people *people)
{
	for (size_t i = 0; i < people->count; i++) {
		const struct outcome *outcome = &people->outcomes[i];
		char whom[DOCTOR_NAMES_MAX + 16] = "";

		if (outcome->listed < people->listed)
			(void)snprintf(whom, sizeof(whom), " for %s%s", outcome->names.bytes,
				outcome->names.truncated ? "..." : "");
		if (people->listed > 0 && outcome->listed == 0)
			judge_others(doctor, outcome);
		else if (people->listed > 0 || outcome->is_anybody)
			judge_listed(doctor, people, outcome, whom);
	}
}

/* Where the answer hangs on more than the user. */
static void note_matches(struct doctor *doctor, const struct sshd_config *config)
{
	static const char *const places[] = {
		"address", "host", "localaddress", "localport", "rdomain", "version"};
	char words[512], copy[512];

	for (size_t i = 0; sshd_config_match(config, i, words, sizeof(words)); i++) {
		char *left = NULL;
		bool found = false;

		strcpy(copy, words);
		for (const char *word = strtok_r(copy, " \t=,\"", &left); word != NULL;
			word = strtok_r(NULL, " \t=,\"", &left)) {
			for (size_t j = 0; j < sizeof(places) / sizeof(places[0]); j++)
				found = found || strcasecmp(word, places[j]) == 0;
		}
		if (!found)
			continue;
		doctor_find(doctor, &sshd_match, SSHD_CONFIG, 0, "there is \"Match %s\"", words);
		doctor_mend_elsewhere(doctor, MEND_AGAIN,
			"sshd -T -C user=alice,host=web1,addr=192.0.2.1 shows what is "
			"in force for somebody");
	}
}

void doctor_check_sshd_users(struct doctor *doctor, const struct sshd_config *config)
{
	struct people *people = calloc(1, sizeof(*people));
	struct problem problem;
	char words[16];

	if (people == NULL)
		return;
	people->config = config;
	people->has_match = !sshd_config_has_lines(config) ||
	                    sshd_config_match(config, 0, words, sizeof(words));
	if (doctor->has_settings &&
		users_read(doctor->settings.users_file, &people->users, &problem) == 0)
		ask_for_listed(people);
	ask_for(people, ANYBODY)->is_anybody = true;
	if (people->users == NULL || !users_has_user(people->users, "root"))
		ask_for(people, "root")->is_root = true;
	judge(doctor, people);
	doctor_bars_find(doctor, &people->bars, people->left_out == 0 ? people->listed : SIZE_MAX);
	if (people->left_out > 0)
		doctor_find(doctor, &sshd_users, NULL, 0,
			"sshd was asked for %zu of the %zu users of the users table",
			people->listed, people->listed + people->left_out);
	note_matches(doctor, config);
	for (size_t i = 0; i < people->count; i++)
		sshd_config_free(&people->outcomes[i].own);
	users_free(&people->users);
	free(people);
}
