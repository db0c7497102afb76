/* Of accounts with an empty password: pam_unix takes it with nullok, and that is no proof at all.
 */
#include <errno.h>
#include <pwd.h>
#include <shadow.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <security/pam_modules.h>

#include "display.h"
#include "doctor.h"
#include "pam_folder.h"
#include "pam_judge.h"
#include "pam_stack.h"
#include "problem.h"
#include "subprocess.h"
#include "text.h"
#include "users.h"

#define SHOWN_MAX 3 /* names, of perhaps thousands */

static const struct finding_kind
	empty = {"pam-empty-password", SEVERITY_ERROR,
		"whoever knows such a name gets in from elsewhere, without WeChat or any other "
		"proof"},
	empty_here = {"pam-empty-password-here", SEVERITY_WARNING,
		"whoever knows such a name gets in without WeChat or any other proof"};

/* Accounts with an empty password: how many, and some of their names. */
struct accounts {
	size_t count;
	char names[DISPLAY_NAME_SIZE * SHOWN_MAX + 32];
	struct text text;
};

static void add(struct accounts *accounts, const char *name)
{
	char shown[DISPLAY_NAME_SIZE];

	if (accounts->count++ >= SHOWN_MAX)
		return;
	display_name(shown, name);
	text_addf(&accounts->text, "%s%s", accounts->count == 1 ? "" : ", ", shown);
}

/* Whether the users table names the account, so that unlisted=ignore does not let it by. */
static bool is_listed(const struct users *users, const char *name)
{
	return users != NULL && users_has_user(users, name);
}

/* Collects the accounts of this machine's files that `users` does not name. */
static void collect(const struct users *users, struct accounts *accounts)
{
	FILE *passwd = fopen("/etc/passwd", "re"), *shadow = fopen("/etc/shadow", "re");
	const struct passwd *user;
	const struct spwd *entry;

	*accounts = (struct accounts){.count = 0};
	text_init(&accounts->text, accounts->names, sizeof(accounts->names));
	while (passwd != NULL && (user = fgetpwent(passwd)) != NULL) {
		if (user->pw_passwd[0] == '\0' && !is_listed(users, user->pw_name))
			add(accounts, user->pw_name);
	}
	while (shadow != NULL && (entry = fgetspent(shadow)) != NULL) {
		if (entry->sp_pwdp[0] == '\0' && !is_listed(users, entry->sp_namp))
			add(accounts, entry->sp_namp);
	}
	if (passwd != NULL)
		(void)fclose(passwd);
	if (shadow != NULL)
		(void)fclose(shadow);
	if (accounts->count > SHOWN_MAX)
		text_addf(&accounts->text, " and %zu more", accounts->count - SHOWN_MAX);
}

/* Whether somebody passes by an empty password alone, after this answer of ours or around it. */
static bool passes(const struct pam_stack *stack, const char *service, int code)
{
	struct pam_question question = {.service = service, .code = code, .means = PAM_MEANS_NONE};
	bool without =
		pam_judge_passes(stack, &question) || pam_judge_leads_around(stack, &question);

	question.has_empty_password = true;
	return !without &&
	       (pam_judge_passes(stack, &question) || pam_judge_leads_around(stack, &question));
}

/* Tells pam_unix to take none, if its options don't say otherwise. */
static bool sshd_forbids(const char *service)
{
	static const char *const argv[] = {"/usr/sbin/sshd", "-T", NULL};
	static char options[32768];

	return (strcmp(service, "sshd") == 0 || strncmp(service, "sshd-", 5) == 0) &&
	       (subprocess_run(argv, options, sizeof(options)) != 0 ||
		       strstr(options, "\npermitemptypasswords yes\n") == NULL);
}

static bool ignores(const struct pam_stack *stack)
{
	bool found = false;

	for (size_t i = 0; i < stack->count; i++) {
		const struct pam_entry *entry = &stack->entries[i];
		struct settings settings;
		struct problem problem;

		if (!pam_entry_is_ours(entry))
			continue;
		found = found ||
		        (settings_read(&settings, entry->word_count,
				 (const char *const *)(const void *)entry->words, &problem) == 0 &&
				settings.unlisted == UNLISTED_IGNORE);
		settings_finish(&settings);
	}
	return found;
}

static void find(struct doctor *doctor, const char *service, const struct pam_stack *stack,
	const struct accounts *accounts)
{
	const struct pam_entry *entry = stack->entries;
	bool is_one = accounts->count == 1;

	while (!pam_module_takes_empty(entry))
		entry++;
	doctor_find(doctor, pam_module_is_local(service) ? &empty_here : &empty, entry->file,
		entry->line, "%s: %s %s an empty password, and nullok lets that pass", service,
		accounts->names, is_one ? "has" : "have");
	doctor_mend_elsewhere(doctor, MEND_CHOICE,
		"give %s a password (passwd USER), or lock it (passwd -l USER); all of them: "
		"awk -F: '$2 == \"\" {print $1}' /etc/shadow /etc/passwd",
		is_one ? accounts->names : "each of them");
}

static void check_service(struct doctor *doctor, const char *service, const struct accounts *all,
	const struct accounts *unlisted)
{
	struct pam_stack *stack = NULL;

	if (pam_stack_read(PAM_FOLDER, service, "auth", &stack) < 0 ||
		stack->reading == PAM_READING_UNCLEAR || sshd_forbids(service))
		goto out;
	if (passes(stack, service, PAM_AUTH_ERR) || passes(stack, service, PAM_AUTHINFO_UNAVAIL))
		find(doctor, service, stack, all);
	else if (unlisted->count > 0 && ignores(stack) && passes(stack, service, PAM_IGNORE))
		find(doctor, service, stack, unlisted);
out:
	pam_stack_free(&stack);
}

void doctor_check_empty(struct doctor *doctor)
{
	struct accounts all, unlisted;
	struct users *users = NULL;
	struct problem problem;

	collect(NULL, &all);
	if (all.count == 0)
		return;
	if (doctor->has_settings)
		(void)users_read(doctor->settings.users_file, &users, &problem);
	collect(users, &unlisted);
	for (size_t i = 0; i < doctor->service_count; i++)
		check_service(doctor, doctor->services[i].name, &all, &unlisted);
	users_free(&users);
}
