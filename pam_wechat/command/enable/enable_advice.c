#include "enable_advice.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "call.h"
#include "conf.h"
#include "display.h"
#include "pam_folder.h"
#include "pam_judge.h"
#include "pam_module.h"
#include "pam_stack.h"
#include "paragraph.h"
#include "problem.h"
#include "rehearsal.h"
#include "settings.h"
#include "sshd_config.h"
#include "text.h"
#include "users.h"

#define NAMES_MAX 512

/* The sshd that a service of its own is for, on another port. */
static void advise_on_other_sshd(const char *service)
{
	char link[256], option[256] = "";

	if (sshd_config_names_service()) {
		(void)text_format(link, sizeof(link), SSHD_PROGRAM);
		(void)text_format(
			option, sizeof(option), "        -o PAMServiceName=%s \\\n", service);
	} else {
		/* Its PAM service is the name that it was started by. */
		(void)text_format(link, sizeof(link), "/usr/local/sbin/%s", service);
	}
	paragraph_print(stdout, "\nStart an sshd for it, on port 2222:\n");
	if (access(link, X_OK) < 0)
		paragraph_print(stdout, "    ln -s " SSHD_PROGRAM " %s", link);
	paragraph_print(stdout,
		"    %s -D -e -p 2222 \\\n%s"
		"        -o UsePAM=yes -o KbdInteractiveAuthentication=yes \\\n"
		"        -o AuthenticationMethods=keyboard-interactive\n\n"
		"and from elsewhere: ssh -p 2222 you@this-machine\n"
		"When that works: pam-wechat enable sshd --sshd-config",
		link, option);
}

static void advise_on_sshd(enum sshd_form form)
{
	char lacks[SSHD_FILE_MAX];

	sshd_file_lacks(form == SSHD_FORM_NONE ? SSHD_FORM_OPEN : form, lacks);
	if (form != SSHD_FORM_NONE)
		paragraph_print(stdout, "sshd's options are in " SSHD_FILE);
	else if (lacks[0] != '\0')
		paragraph_print(stdout,
			"\nsshd lacks this, which \"pam-wechat enable sshd --sshd-config\" "
			"writes:\n\n%.*s",
			(int)strlen(lacks) - 1, lacks);
	paragraph_print(stdout, "\nTry it on port 2222 first:\n\n"
				"    " SSHD_PROGRAM " -D -e -p 2222\n\n"
				"and from elsewhere: ssh -p 2222 you@this-machine\n");
	if (form != SSHD_FORM_NONE)
		paragraph_print(stdout, "When that works: " SSHD_RELOAD);
	else
		paragraph_print(
			stdout, "If sshd_config was changed since sshd was started: " SSHD_RELOAD);
	paragraph_print(stdout, "Sign in from elsewhere before you close this shell.");
}

static void advise_on_others(const char *service)
{
	paragraph_print(stdout,
		"\nKeep this root shell open, and try it:\n    pam-wechat test USER --service %s",
		service);
	if (strcmp(service, "sudo") == 0)
		paragraph_print(
			stdout, "\"sudo -i\" is a service of its own: pam-wechat enable sudo-i");
	else if (strcmp(service, "su") == 0)
		paragraph_print(stdout,
			"\"su -\" takes its authentication from this file, and asks "
			"WeChat as well.");
	else if (strcmp(service, "login") == 0)
		paragraph_print(stdout,
			"Without a network or the helper nobody signs in at the console now. Keep "
			"a way in that does not need WeChat for that day.");
}

/* Others are locked out, and perhaps the administrator is one of them. */
static void list_users(const char *conf)
{
	char names[NAMES_MAX] = "", shown[DISPLAY_NAME_SIZE], others[64] = "";
	struct problem problem = {.text = ""};
	struct settings settings;
	struct users *users = NULL;
	struct text text;
	size_t more = 0;

	text_init(&text, names, sizeof(names));
	if (conf_read(conf, &settings, &problem) == 0)
		(void)users_read(settings.users_file, &users, &problem);
	for (size_t i = 0; users != NULL && users_user_at(users, i) != NULL; i++) {
		if (!users_is_first_at(users, i))
			continue;
		display_name(shown, users_user_at(users, i));
		if (text.length + sizeof(shown) < sizeof(names))
			text_addf(&text, "%s%s", text.length == 0 ? "" : ", ", shown);
		else
			more++;
	}
	if (more > 0)
		(void)text_format(others, sizeof(others), " and %zu more", more);
	if (users != NULL)
		paragraph_print(stdout,
			"By WeChat only those get in whom the users table names: %s%s.", names,
			others);
	users_free(&users);
	settings_finish(&settings);
}

/* Screen lockers take their lines from login's file, and then wait for a module that refuses them.
 */
static void list_hosts(const char *service, const char *path)
{
	struct dirent **files = NULL;
	int count = pam_folder_list(&files);

	for (int i = 0; i < count; i++) {
		const char *name = files[i]->d_name;
		struct pam_stack *stack = NULL;
		const struct pam_entry *ours;

		if (pam_module_is_of_user(name) &&
			pam_stack_read(PAM_FOLDER, name, "auth", &stack) == 0 &&
			(ours = pam_stack_find_ours(stack)) != NULL &&
			strcmp(ours->file, path) == 0 && pam_judge_wants_root(stack, name))
			paragraph_print(stdout,
				"\nWarning: %s %s, and runs as the person himself, for whom the "
				"module can't read its configuration: nobody unlocks his screen. "
				"pam-wechat doctor says what mends that.",
				name,
				strcmp(name, service) == 0 ? "asks WeChat"
							   : "takes its lines from this file");
		pam_stack_free(&stack);
		free(files[i]);
	}
	free(files);
}

static void advise_on_trial(const char *service, const struct rehearsal *rehearsal)
{
	char end[REHEARSAL_TIME_MAX];

	rehearsal_show_end(rehearsal, end);
	paragraph_print(stdout,
		"\nOn trial until %s. Then the block is taken out again, whatever has become of "
		"this terminal; unless you sign in anew by %s and say there:\n"
		"    pam-wechat enable %s --keep",
		end, service, service);
}

void enable_advise(const struct command_call *call, const char *path, int line, const char *before,
	const char *copy, enum sshd_form form, const struct rehearsal *rehearsal)
{
	const char *service = call->words[0];
	bool is_second = call_value(call, "second-factor") != NULL;

	paragraph_print(stdout, "%s:%d: WeChat is asked %s.", path, is_second ? line + 1 : line,
		is_second ? "after the password, from whom the users table names"
			  : "in the place of the password");
	if (before[0] != '\0')
		paragraph_print(
			stdout, "WeChat is not asked of whom this lets in before: %s.", before);
	if (!is_second)
		list_users(call->conf);
	printf("As it was:  %s\nTo go back: pam-wechat disable %s\n", copy, service);
	list_hosts(service, path);
	if (rehearsal != NULL)
		advise_on_trial(service, rehearsal);
	enable_advise_service(service, form);
}

void enable_advise_service(const char *service, enum sshd_form form)
{
	if (strcmp(service, "sshd") == 0)
		advise_on_sshd(form);
	else if (strncmp(service, "sshd-", 5) == 0)
		advise_on_other_sshd(service);
	else
		advise_on_others(service);
}
