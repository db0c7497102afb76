#include "enable_sshd.h"

#include <errno.h>
#include <pwd.h>
#include <shadow.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "display.h"
#include "paragraph.h"
#include "problem.h"
#include "prompt.h"
#include "settings.h"
#include "sshd_config.h"
#include "text.h"
#include "users.h"

#define NAMES_MAX 512
#define ACCOUNTS_MAX 10000 /* a directory may hold more than is worth a look */

static enum sshd_form wanted_form(const struct command_call *call)
{
	if (call_value(call, "sshd-config") == NULL)
		return SSHD_FORM_NONE;
	return call_value(call, "alone") != NULL       ? SSHD_FORM_ALONE
	       : call_value(call, "after-key") != NULL ? SSHD_FORM_AFTER_KEY
	                                               : SSHD_FORM_OPEN;
}

bool enable_sshd_fits(const struct command_call *call)
{
	bool alone = call_value(call, "alone") != NULL;
	bool after_key = call_value(call, "after-key") != NULL;
	const char *wrong = NULL;

	if (call_value(call, "sshd-config") == NULL) {
		if (alone || after_key || call_value(call, "yes") != NULL)
			wrong = "--alone, --after-key and --yes go with --sshd-config";
	} else if (strcmp(call->words[0], "sshd") != 0) {
		wrong = "--sshd-config is for the service sshd";
	} else if (alone && after_key) {
		wrong = "--alone or --after-key, not both";
	}
	if (wrong != NULL)
		paragraph_print(stderr, "pam-wechat enable: %s", wrong);
	return wrong == NULL;
}

static bool has_shell(const struct passwd *account)
{
	const char *name = strrchr(account->pw_shell, '/');

	name = name == NULL ? account->pw_shell : name + 1;
	return strcmp(name, "nologin") != 0 && strcmp(name, "false") != 0 &&
	       strcmp(name, "sync") != 0;
}

static bool has_password(const struct passwd *account)
{
	const struct spwd *shadow = getspnam(account->pw_name);

	return shadow != NULL && shadow->sp_pwdp != NULL && strlen(shadow->sp_pwdp) > 1 &&
	       shadow->sp_pwdp[0] != '!' && shadow->sp_pwdp[0] != '*';
}

/* The value of PermitRootLogin; "" if sshd does not say. */
static void read_permit(char *permit, size_t size)
{
	struct sshd_config *config = NULL;

	permit[0] = '\0';
	if (sshd_config_ask(NULL, &config) == 0)
		(void)sshd_config_value(config, "PermitRootLogin", 0, permit, size);
	sshd_config_free(&config);
}

static bool is_shut_out(
	const struct passwd *account, const struct users *users, bool is_second_factor)
{
	return has_shell(account) &&
	       (is_second_factor ? !has_password(account)
				 : users == NULL || !users_has_user(users, account->pw_name));
}

/* Lists the accounts of this machine that are shut out, with root's or without. */
static void list_shut_out(
	const struct users *users, bool is_second_factor, bool with_root, struct text *names)
{
	const struct passwd *account;
	char shown[DISPLAY_NAME_SIZE];

	setpwent();
	for (int i = 0; i < ACCOUNTS_MAX && (account = getpwent()) != NULL; i++) {
		if ((account->pw_uid == 0 && !with_root) ||
			!is_shut_out(account, users, is_second_factor))
			continue;
		display_name(shown, account->pw_name);
		text_addf(names, "%s%s", names->length > 0 ? ", " : "", shown);
	}
	endpwent();
}

static void say_what(enum sshd_form form, bool is_second_factor)
{
	bool is_alone = form == SSHD_FORM_ALONE;

	paragraph_print(stdout, "By ssh one gets in by %s%s then. %s",
		is_alone ? "" : "a key, and then ",
		is_second_factor ? "the password, and by WeChat if the users table names one"
				 : "WeChat",
		is_alone ? "A key is not taken any more."
			 : "Who has no key does not get in any more.");
}

/* Says whom the form shuts out. */
static void say_whom(const struct command_call *call, bool is_second_factor)
{
	struct problem problem = {.text = ""};
	struct users *users = NULL;
	struct settings settings;
	char names[NAMES_MAX], permit[64];
	struct text text;
	bool is_permitted;

	text_init(&text, names, sizeof(names));
	if (conf_read(call->conf, &settings, &problem) == 0)
		(void)users_read(settings.users_file, &users, &problem);
	read_permit(permit, sizeof(permit));
	is_permitted = strcmp(permit, "yes") == 0;
	list_shut_out(users, is_second_factor, is_permitted, &text);
	if (text.length > 0)
		paragraph_print(stdout, "That shuts out %s%s: %s.", names,
			text.truncated ? "..." : "",
			is_second_factor ? "they have no password"
					 : "the users table does not name them");
	/* It takes root's key then, and no answer. */
	if (!is_permitted && strcmp(permit, "no") != 0)
		paragraph_print(stdout, "That shuts out root: PermitRootLogin is %s.", permit);
	users_free(&users);
	settings_finish(&settings);
}

/* Whether to go on: where keys are no longer enough, somebody is asked. */
static bool agree(const struct command_call *call, enum sshd_form form, bool is_second_factor)
{
	struct prompt prompt = {.length = 0};
	bool agreed;

	if (form == SSHD_FORM_OPEN)
		return true;
	say_what(form, is_second_factor);
	say_whom(call, is_second_factor);
	/* Before anything that goes wrong is complained of. */
	(void)fflush(stdout);
	agreed = call_value(call, "yes") != NULL || prompt_agree(&prompt, "Go on?");
	prompt_finish(&prompt);
	return agreed;
}

/* What the administrator has to write himself. */
static void show_lines(enum sshd_form form)
{
	char lacks[SSHD_FILE_MAX];

	sshd_file_lacks(form, lacks);
	if (lacks[0] != '\0')
		paragraph_print(stdout,
			"sshd does not read " SSHD_FOLDER
			"/sshd_config.d. Put this at the top of " SSHD_CONFIG ":\n\n%s",
			lacks);
}

enum command_exit enable_sshd_write(const struct command_call *call, bool is_second_factor,
	enum sshd_form *form, enum sshd_form *before)
{
	enum sshd_form wanted = wanted_form(call);
	struct problem problem = {.text = ""};
	int rv = 0;

	*form = *before = SSHD_FORM_NONE;
	if (wanted == SSHD_FORM_NONE)
		return COMMAND_DONE;
	if (geteuid() != 0)
		problem_set(&problem, -EPERM, SSHD_FILE ": only root may change it");
	else if (!agree(call, wanted, is_second_factor))
		problem_set(&problem, -ECANCELED, "nothing was changed");
	if (problem.text[0] == '\0') {
		rv = sshd_file_write(wanted, before, &problem);
		if (rv == -ENOENT)
			show_lines(wanted);
		else if (rv == 0)
			*form = wanted;
	}
	if (problem.text[0] == '\0')
		return COMMAND_DONE;
	paragraph_print(stderr, "pam-wechat enable: %s", problem.text);
	return rv == -EINVAL ? COMMAND_USAGE : COMMAND_REFUSED;
}

void enable_sshd_undo(enum sshd_form form, enum sshd_form before)
{
	struct problem problem = {.text = ""};

	if (form != SSHD_FORM_NONE && form != before && sshd_file_restore(before, &problem) < 0)
		paragraph_print(stderr, "pam-wechat enable: %s", problem.text);
}
