#include "enable_advice.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "call.h"
#include "conf.h"
#include "display.h"
#include "paragraph.h"
#include "problem.h"
#include "rehearsal.h"
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
		paragraph_print(stdout,
			"\nsshd can't ask WeChat before sshd_config lets it: until then whoever has "
			"to scan gets in by key alone.");
	paragraph_print(stdout, "%sTry it on port 2222 first:\n", is_real ? "" : "\n");
	/* sshd up to 9.9 takes its service from the name it was started by. */
	if (!is_real)
		printf("    ln -s /usr/sbin/sshd /usr/local/sbin/%s\n", service);
	printf("    %s/%s -D -e -p 2222 -o UsePAM=yes \\\n"
	       "        -o KbdInteractiveAuthentication=yes \\\n"
	       "        -o AuthenticationMethods=keyboard-interactive\n\n"
	       "and from elsewhere: ssh -p 2222 you@this-machine\n\n",
		is_real ? "/usr/sbin" : "/usr/local/sbin", service);
	paragraph_print(stdout, "When that works, %sput this into sshd_config:\n\n%s",
		is_real ? "" : "pam-wechat enable sshd, and ", sshd_settings);
	paragraph_print(stdout,
		"(for a key and then WeChat: AuthenticationMethods publickey,keyboard-interactive), "
		"then sshd -t && systemctl reload ssh. Sign in from elsewhere before you close this "
		"shell.");
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
			"Keep a way in that does not need WeChat, for the day without "
			"a network.");
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
	const char *copy, const struct rehearsal *rehearsal)
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
	if (rehearsal != NULL)
		advise_on_trial(service, rehearsal);
	if (is_sshd(service))
		advise_on_sshd(service);
	else
		advise_on_others(service);
}
