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
#include "problem.h"
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
		(void)text_format(option, sizeof(option), "-o PAMServiceName=%s ", service);
	} else {
		/* Its PAM service is the name that it was started by. */
		(void)text_format(link, sizeof(link), "/usr/local/sbin/%s", service);
	}
	printf("\nStart an sshd for it, on port 2222:\n\n");
	if (access(link, X_OK) < 0)
		printf("    ln -s " SSHD_PROGRAM " %s\n", link);
	printf("    %s -D -e -p 2222 %s-o UsePAM=yes \\\n"
	       "        -o KbdInteractiveAuthentication=yes -o AuthenticationMethods="
	       "keyboard-interactive\n\n"
	       "and from elsewhere: ssh -p 2222 you@this-machine\n"
	       "When that works: pam-wechat enable sshd --sshd-config\n",
		link, option);
}

static void advise_on_sshd(enum sshd_form form)
{
	char lacks[SSHD_FILE_MAX];

	sshd_file_lacks(form == SSHD_FORM_NONE ? SSHD_FORM_OPEN : form, lacks);
	if (form != SSHD_FORM_NONE)
		printf("sshd's options are in " SSHD_FILE "\n");
	else if (lacks[0] != '\0')
		printf("\nsshd lacks this, which \"pam-wechat enable sshd --sshd-config\" "
		       "writes:\n\n%s",
			lacks);
	printf("\nTry it on port 2222 first:\n\n"
	       "    " SSHD_PROGRAM " -D -e -p 2222\n\n"
	       "and from elsewhere: ssh -p 2222 you@this-machine\n\n");
	if (form != SSHD_FORM_NONE)
		printf("When that works: " SSHD_RELOAD "\n");
	else
		printf("If sshd_config was changed since sshd was started: " SSHD_RELOAD "\n");
	printf("Sign in from elsewhere before you close this shell.\n");
}

static void advise_on_others(const char *service)
{
	printf("\nKeep this root shell open, and try it: pam-wechat test USER --service %s\n",
		service);
	if (strcmp(service, "sudo") == 0)
		printf("\"sudo -i\" is a service of its own: pam-wechat enable sudo-i\n");
	else if (strcmp(service, "su") == 0)
		printf("\"su -\" takes its authentication from this file, and asks WeChat as "
		       "well.\n");
	else if (strcmp(service, "login") == 0)
		printf("Without a network or the helper nobody signs in at the console now. Keep "
		       "a way in\nthat does not need WeChat for that day.\n");
}

/* Others are locked out, and perhaps the administrator is one of them. */
static void list_users(const char *conf)
{
	char names[NAMES_MAX] = "", shown[DISPLAY_NAME_SIZE];
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
	if (users != NULL)
		printf("By WeChat only those get in whom the users table names: %s", names);
	if (more > 0)
		printf(" and %zu more", more);
	if (users != NULL)
		printf(".\n");
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
			printf("\nWarning: %s %s, and runs as the person himself, for whom the "
			       "module\ncan't read its configuration: nobody unlocks his screen. "
			       "pam-wechat doctor says what\nmends that.\n",
				name,
				strcmp(name, service) == 0 ? "asks WeChat"
							   : "takes its lines from this file");
		pam_stack_free(&stack);
		free(files[i]);
	}
	free(files);
}

void enable_advise(const struct command_call *call, const char *path, int line, const char *before,
	const char *copy, enum sshd_form form)
{
	const char *service = call->words[0];

	if (call_value(call, "second-factor") == NULL)
		printf("%s:%d: WeChat is asked in the place of the password.\n", path, line);
	else
		printf("%s:%d: WeChat is asked after the password, from whom the users table "
		       "names.\n",
			path, line + 1);
	if (before[0] != '\0')
		printf("WeChat is not asked of whom this lets in before: %s.\n", before);
	if (call_value(call, "second-factor") == NULL)
		list_users(call->conf);
	printf("As it was:  %s\nTo go back: pam-wechat disable %s\n", copy, service);
	list_hosts(service, path);
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
