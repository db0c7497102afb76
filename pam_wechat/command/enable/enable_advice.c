#include "enable_advice.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "call.h"
#include "conf.h"
#include "display.h"
#include "problem.h"
#include "settings.h"
#include "text.h"
#include "users.h"

#define NAMES_MAX 512

static bool is_sshd(const char *service)
{
	return strcmp(service, "sshd") == 0 || strncmp(service, "sshd-", 5) == 0;
}

/* What sshd needs in order to ask PAM's questions, as conf/pam.d/sshd-only has it. */
static const char sshd_settings[] = "    UsePAM yes\n"
				    "    KbdInteractiveAuthentication yes\n"
				    "    PasswordAuthentication no\n"
				    "    AuthenticationMethods keyboard-interactive\n";

static void advise_on_sshd(const char *service)
{
	bool is_real = strcmp(service, "sshd") == 0;

	/* Its method "password" gives PAM the password, and asks nothing. */
	if (is_real)
		printf("\nsshd can't ask WeChat before sshd_config lets it: until then whoever has "
		       "to scan gets in\nby key alone.");
	printf("\nTry it on port 2222 first:\n\n");
	/* sshd up to 9.9 takes its service from the name it was started by. */
	if (!is_real)
		printf("    ln -s /usr/sbin/sshd /usr/local/sbin/%s\n", service);
	printf("    %s/%s -D -e -p 2222 -o UsePAM=yes -o KbdInteractiveAuthentication=yes \\\n"
	       "        -o AuthenticationMethods=keyboard-interactive\n\n"
	       "and from elsewhere: ssh -p 2222 you@this-machine\n\n"
	       "When that works, %sput this into sshd_config:\n\n%s\n",
		is_real ? "/usr/sbin" : "/usr/local/sbin", service,
		is_real ? "" : "pam-wechat enable sshd, and ", sshd_settings);
	printf("(for a key and then WeChat: AuthenticationMethods publickey,keyboard-interactive), "
	       "then\nsshd -t && systemctl reload ssh. Sign in from elsewhere before you close "
	       "this shell.\n");
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
		printf("Keep a way in that does not need WeChat, for the day without a network.\n");
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

void enable_advise(const struct command_call *call, const char *path, int line, const char *before,
	const char *copy)
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
	if (is_sshd(service))
		advise_on_sshd(service);
	else
		advise_on_others(service);
}
