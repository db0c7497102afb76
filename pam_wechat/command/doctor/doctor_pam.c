/* Of the PAM services that lead to the module: can anybody get in against its will? */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <security/pam_modules.h>

#include "doctor.h"
#include "doctor_pam_mend.h"
#include "pam_folder.h"
#include "pam_judge.h"
#include "pam_load.h"
#include "pam_stack.h"
#include "paths.h"
#include "problem.h"

#define DEFAULT_TIMEOUT 90 /* seconds */

static const struct finding_kind
	pam_unused = {"pam-unused", SEVERITY_WARNING, "nobody is asked for WeChat anywhere"},
	pam_folder = {"pam-folder", SEVERITY_ERROR, "no PAM service was looked at"},
	pam_common = {"pam-common", SEVERITY_ERROR,
		"every program of this machine asks for WeChat then, cron jobs and screen lockers "
		"included, and you may lock yourself out"},
	pam_type = {"pam-type", SEVERITY_ERROR,
		"the module answers auth lines only: any other line with it fails"},
	pam_module = {"pam-module-missing", SEVERITY_ERROR,
		"libpam cannot load it: nobody gets in by this line"},
	pam_module_load = {"pam-module-load", SEVERITY_ERROR,
		"libpam cannot load it: nobody gets in by this line"},
	pam_other_missing = {"pam-other-missing", SEVERITY_NOTE,
		"libpam logs that at each sign-in, and goes on without what the module does"},
	pam_other_lost = {"pam-other-lost", SEVERITY_ERROR,
		"a module that is not there answers that it is unknown: nobody gets in"},
	pam_untrusted = {"pam-module-untrusted", SEVERITY_ERROR,
		"whoever can change the module decides who gets in"},
	pam_options = {"pam-options", SEVERITY_ERROR, "the module refuses everybody"},
	pam_conf = {"pam-other-conf", SEVERITY_NOTE, "this run looked at another pam_wechat.conf"},
	pam_conf_bad = {"pam-other-conf-bad", SEVERITY_ERROR, "the module refuses everybody"},
	pam_wait = {"pam-wait", SEVERITY_ERROR,
		"whoever is far away could show his QR code to somebody else: the module refuses "
		"everybody"},
	pam_denial = {"pam-denial-passes", SEVERITY_ERROR,
		"whom WeChat refuses gets in all the same, by another line"},
	pam_absent = {"pam-unavailable-passes", SEVERITY_WARNING,
		"while no helper listens, or pam_wechat.conf is missing or wrong, the other lines "
		"alone let people in"},
	pam_absent_login = {"pam-unavailable-console", SEVERITY_NOTE,
		"while no helper listens, or pam_wechat.conf is missing or wrong, the console asks "
		"the other lines alone; without a network it refuses"},
	pam_opens = {"pam-ignore-opens", SEVERITY_ERROR,
		"whom the users table does not name gets in without proving anything"},
	pam_ignore_denies = {"pam-ignore-denies", SEVERITY_WARNING,
		"unlisted=ignore does not do what it says: whom the table does not name is "
		"refused"},
	pam_open = {"pam-open", SEVERITY_ERROR,
		"whoever comes gets in, without WeChat or any other proof"},
	pam_decides = {"pam-decides", SEVERITY_ERROR,
		"whoever this line picks gets in from elsewhere, without WeChat or any other "
		"proof"},
	pam_decides_here = {"pam-decides-here", SEVERITY_WARNING,
		"whoever this line picks gets in without WeChat or any other proof"},
	pam_unknown = {"pam-unknown", SEVERITY_WARNING,
		"whoever this module lets in is never asked for WeChat, and whether it asks for a "
		"proof is not known here"},
	pam_never = {"pam-never", SEVERITY_ERROR, "nobody gets in, even with the right WeChat"},
	pam_around = {"pam-around", SEVERITY_NOTE, "who has this proof is never asked for WeChat"},
	pam_broken = {"pam-broken", SEVERITY_ERROR, "libpam fails at this line"},
	pam_aborts = {"pam-aborts", SEVERITY_ERROR,
		"libpam reads nothing of this service: nobody gets in"},
	pam_unclear = {"pam-unclear", SEVERITY_ERROR,
		"versions of libpam read this differently, and who gets in was not judged"};

/* Debian's and Red Hat's names of what every service includes. */
static bool is_common(const char *file)
{
	const char *name = strrchr(file, '/') == NULL ? file : strrchr(file, '/') + 1;

	return strncmp(name, "common-", 7) == 0 || strcmp(name, "system-auth") == 0 ||
	       strcmp(name, "password-auth") == 0;
}

/* Looks at the module of a line: whose it is, and whether libpam can load it. */
static void check_module(struct doctor *doctor, struct pam_entry *entry, const char *type)
{
	struct problem problem = {.text = ""};
	int rv;

	if (entry->module == NULL)
		return;
	rv = pam_load_entry(entry, type, &problem);
	if (rv == -EPERM) {
		doctor_find(doctor, &pam_untrusted, entry->file, entry->line, "%s", problem.text);
		doctor_mend_trust(doctor, problem.text, "644");
	} else if (!entry->is_missing) {
		return;
	} else if (!pam_entry_is_ours(entry)) {
		if (entry->is_quiet)
			return;
		doctor_find(
			doctor, &pam_other_missing, entry->file, entry->line, "%s", problem.text);
		doctor_mend_elsewhere(doctor, MEND_PACKAGE,
			"nothing, if you do not miss it; or install the package that has %s",
			pam_entry_name(entry));
	} else if (rv == -ENOENT) {
		doctor_find(doctor, &pam_module, entry->file, entry->line, "%s", problem.text);
		doctor_mend_elsewhere(doctor, MEND_PACKAGE,
			"install pam_wechat again, or name the module's place in line "
			"%ld of %s",
			entry->line, entry->file);
	} else {
		doctor_find(doctor, &pam_module_load, entry->file, entry->line, "%s", problem.text);
		doctor_mend_elsewhere(doctor, MEND_PACKAGE,
			"install pam_wechat again, with the libraries that it needs");
	}
}

/* Looks at the modules of all lines. Returns whether nobody gets in because one is missing. */
static bool check_modules(
	struct doctor *doctor, const char *service, struct pam_stack *stack, const char *type)
{
	const struct pam_entry *lost;

	for (size_t i = 0; i < stack->count; i++)
		check_module(doctor, &stack->entries[i], type);
	lost = pam_judge_lost(stack, service);
	if (lost == NULL || pam_entry_is_ours(lost))
		return lost != NULL;
	doctor_find(doctor, &pam_other_lost, lost->file, lost->line,
		"%s: \"%s %s %s\", and libpam cannot load the module", service, type,
		lost->control == NULL ? "" : lost->control, lost->module);
	doctor_mend_elsewhere(doctor, MEND_PACKAGE,
		"install the package that has %s, or correct its name in line %ld of %s",
		pam_entry_name(lost), lost->line, lost->file);
	return true;
}

static const char *conf_of(const struct pam_entry *entry)
{
	for (int i = 0; i < entry->word_count; i++) {
		if (strncmp(entry->words[i], "conf=", 5) == 0)
			return entry->words[i] + 5;
	}
	return PATH_CONF;
}

/* Looks at the other pam_wechat.conf that a line of ours uses; rv tells how it was read. */
static void check_other_conf(
	struct doctor *doctor, const struct pam_entry *entry, int rv, const char *problem)
{
	const char *conf = conf_of(entry);

	if (strcmp(conf, doctor->conf) == 0)
		return;
	if (rv < 0 && (doctor->is_root || rv != -EACCES)) {
		doctor_find(doctor, &pam_conf_bad, entry->file, entry->line, "%s", problem);
		doctor_mend_elsewhere(doctor, MEND_CHOICE,
			"write conf=%s at the end of line %ld of %s, if that is meant; or make "
			"sound what pam-wechat doctor --conf %s names",
			doctor->conf, entry->line, entry->file, conf);
		return;
	}
	doctor_find(doctor, &pam_conf, entry->file, entry->line, "this line uses %s", conf);
	doctor_mend_elsewhere(
		doctor, MEND_AGAIN, "pam-wechat doctor --conf %s", doctor_quote(doctor, conf));
}

/* Looks at one line of ours. Returns whether *settings hold what is in force there. */
static bool check_line(struct doctor *doctor, const char *service, const struct pam_entry *entry,
	struct settings *settings)
{
	const struct pam_mend mend = {.doctor = doctor, .service = service};
	struct problem problem = {.text = ""};
	int rv = settings_read(settings, entry->word_count,
		(const char *const *)(const void *)entry->words, &problem);

	if (rv == -EINVAL && strncmp(problem.text, "PAM line", 8) == 0) {
		doctor_find(doctor, &pam_options, entry->file, entry->line, "%s", problem.text);
		doctor_mend_elsewhere(doctor, MEND_VALUE,
			"correct the words behind pam_wechat.so in line %ld of %s", entry->line,
			entry->file);
	} else {
		check_other_conf(doctor, entry, rv, problem.text);
	}
	if (rv == 0 && settings->confirm == CONFIRM_WAIT && !settings_is_of_terminal(service)) {
		doctor_find(doctor, &pam_wait, entry->file, entry->line,
			"confirm=wait does not go with %s", service);
		doctor_pam_mend_waiting(&mend, entry, conf_of(entry));
	}
	return rv == 0;
}

/* Whether a stack may succeed after ours gave any of these answers. */
static bool passes(
	const struct pam_stack *stack, const char *service, const int *codes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct pam_question question = {
			.service = service, .code = codes[i], .means = PAM_MEANS_PROOF};

		if (pam_judge_passes(stack, &question))
			return true;
	}
	return false;
}

static void check_denial(const struct pam_mend *mend, const struct pam_entry *ours)
{
	const struct pam_stack *stack = mend->stack;
	struct doctor *doctor = mend->doctor;
	const char *service = mend->service;
	/* The last two are libpam's, for a module that it cannot load. */
	static const int denials[] = {PAM_AUTH_ERR, PAM_MAXTRIES, PAM_CONV_ERR, PAM_SYSTEM_ERR,
		PAM_BUF_ERR, PAM_PERM_DENIED, PAM_MODULE_UNKNOWN};
	static const int absence = PAM_AUTHINFO_UNAVAIL;
	/* A locker of screens has no other way: the module refuses whoever is not root. */
	bool is_console = strcmp(service, "login") == 0 || pam_module_is_of_user(service);

	if (passes(stack, service, denials, sizeof(denials) / sizeof(denials[0]))) {
		doctor_find(doctor, &pam_denial, ours->file, ours->line,
			"%s: the control \"%s\" lets a refusal pass", service, ours->control);
		doctor_pam_mend_control(mend, ours);
	} else if (passes(stack, service, &absence, 1)) {
		doctor_find(doctor, is_console ? &pam_absent_login : &pam_absent, ours->file,
			ours->line, "%s: authinfo_unavail in \"%s\" leaves it to other lines",
			service, ours->control);
		if (is_console)
			doctor_mend_elsewhere(doctor, MEND_CHOICE,
				"nothing, unless the console is to ask for WeChat always: then "
				"\"auth required\" in line %ld of %s",
				ours->line, ours->file);
		else
			doctor_pam_mend_control(mend, ours);
	}
}

static void check_ignore(const struct pam_mend *mend, const struct pam_entry *ours)
{
	const struct pam_stack *stack = mend->stack;
	struct doctor *doctor = mend->doctor;
	const char *service = mend->service;
	const struct pam_question opens = {
		.service = service, .code = PAM_IGNORE, .means = PAM_MEANS_KNOWN};
	const struct pam_question helps = {
		.service = service, .code = PAM_IGNORE, .means = PAM_MEANS_PROOF};

	if (pam_judge_passes(stack, &opens)) {
		doctor_find(doctor, &pam_opens, ours->file, ours->line,
			"%s: unlisted=ignore, and no other line asks for a proof", service);
		doctor_pam_mend_opening(mend, ours);
	} else if (!pam_judge_passes(stack, &helps)) {
		doctor_find(doctor, &pam_ignore_denies, ours->file, ours->line,
			"%s: unlisted=ignore, but the control \"%s\" does not let it pass", service,
			ours->control);
		doctor_pam_mend_ignoring(mend, ours);
	}
}

/* Returns whether somebody may get in without any proof. */
static bool check_around(const struct pam_mend *mend)
{
	const struct pam_stack *stack = mend->stack;
	struct doctor *doctor = mend->doctor;
	const char *service = mend->service;
	bool is_local = pam_module_is_local(service);
	const struct finding_kind *kinds[] = {
		[PAM_MEANS_NONE] = &pam_open,
		[PAM_MEANS_KNOWN] = is_local ? &pam_decides_here : &pam_decides,
		[PAM_MEANS_UNKNOWN] = &pam_unknown,
		[PAM_MEANS_PROOF] = &pam_around,
	};

	for (int means = PAM_MEANS_NONE; means <= PAM_MEANS_PROOF; means++) {
		const struct pam_question question = {
			.service = service, .code = PAM_AUTH_ERR, .means = (enum pam_means)means};
		const struct pam_entry *way = pam_judge_way_around(stack, &question);

		if (way == NULL)
			continue;
		doctor_find(doctor, kinds[means], way->file, way->line,
			"%s: \"%s %s\" leads around pam_wechat.so", service,
			way->control == NULL ? "" : way->control, pam_entry_name(way));
		doctor_pam_mend_way(mend, way);
		return means == PAM_MEANS_NONE;
	}
	return false;
}

/* Says where the file is read otherwise than it may be meant. Returns whether it can be judged. */
static bool check_reading(const struct pam_mend *mend)
{
	const struct pam_stack *stack = mend->stack;
	static const struct finding_kind *const kinds[] = {
		[PAM_READING_BROKEN] = &pam_broken,
		[PAM_READING_ABORTS] = &pam_aborts,
		[PAM_READING_UNCLEAR] = &pam_unclear,
	};

	if (stack->reading == PAM_READING_CLEAR)
		return true;
	doctor_find(mend->doctor, kinds[stack->reading], stack->fault_file, stack->fault_line,
		"%s: %s", mend->service, stack->fault);
	if (!doctor_mend_plain(mend->doctor, stack->fault_file))
		doctor_pam_mend_reading(mend);
	return stack->reading == PAM_READING_BROKEN;
}

static void check_stack(
	struct doctor *doctor, const char *service, struct pam_stack *stack, bool ignores)
{
	const struct pam_question right = {
		.service = service, .code = PAM_SUCCESS, .means = PAM_MEANS_PROOF};
	const struct pam_entry *ours = pam_stack_find_ours(stack);
	const struct pam_mend mend = {doctor, service, stack, ignores};
	bool is_lost = check_modules(doctor, service, stack, "auth");

	if (!check_reading(&mend))
		return;
	check_denial(&mend, ours);
	if (ignores)
		check_ignore(&mend, ours);
	/* Where all come in by another line, nobody needs the right WeChat. */
	if (!check_around(&mend) && !is_lost && !pam_judge_passes(stack, &right)) {
		doctor_find(doctor, &pam_never, ours->file, ours->line,
			"%s: these lines never succeed", service);
		doctor_pam_mend_never(&mend);
	}
}

static void note_service(struct doctor *doctor, const char *name, long timeout)
{
	struct doctor_service *service = &doctor->services[doctor->service_count];

	if (doctor->service_count == DOCTOR_SERVICES_MAX)
		return;
	(void)snprintf(service->name, sizeof(service->name), "%s", name);
	service->timeout = timeout;
	doctor->service_count++;
}

static void check_auth(struct doctor *doctor, const char *name, struct pam_stack *stack)
{
	long timeout = 0;
	bool ignores = false;

	for (size_t i = 0; i < stack->count; i++) {
		const struct pam_entry *entry = &stack->entries[i];
		struct settings settings;

		if (!pam_entry_is_ours(entry))
			continue;
		if (is_common(entry->file)) {
			doctor_find(doctor, &pam_common, entry->file, entry->line,
				"pam_wechat.so stands in a file that all services share");
			doctor_mend_elsewhere(doctor, MEND_CHOICE,
				"move line %ld of %s into the services that shall ask for "
				"WeChat",
				entry->line, entry->file);
		}
		if (check_line(doctor, name, entry, &settings)) {
			timeout = settings.timeout > timeout ? settings.timeout : timeout;
			ignores = ignores || settings.unlisted == UNLISTED_IGNORE;
		}
		settings_finish(&settings);
	}
	/* A file that is only included is judged where it is included. */
	if (is_common(name))
		return;
	note_service(doctor, name, timeout == 0 ? DEFAULT_TIMEOUT : timeout);
	check_stack(doctor, name, stack, ignores);
}

static void check_service(struct doctor *doctor, const char *name)
{
	static const char *const types[] = {"account", "session", "password"};
	struct pam_stack *stack = NULL;
	bool asks = false;

	if (pam_stack_read(PAM_FOLDER, name, "auth", &stack) == 0 &&
		pam_stack_find_ours(stack) != NULL) {
		asks = !is_common(name);
		check_auth(doctor, name, stack);
	}
	pam_stack_free(&stack);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		const struct pam_entry *ours;

		if (pam_stack_read(PAM_FOLDER, name, types[i], &stack) < 0)
			continue;
		ours = pam_stack_find_ours(stack);
		if (ours != NULL) {
			doctor_find(doctor, &pam_type, ours->file, ours->line,
				"pam_wechat.so stands in a line of type %s", types[i]);
			doctor_mend_remove(doctor, ours->file, ours->line);
		}
		/* A password is changed by other services; a sign-in needs the other two. */
		if (asks && strcmp(types[i], "password") != 0)
			(void)check_modules(doctor, name, stack, types[i]);
		pam_stack_free(&stack);
	}
}

void doctor_check_pam(struct doctor *doctor)
{
	struct dirent **files = NULL;
	int count = pam_folder_list(&files);

	if (count < 0) {
		doctor_find(doctor, &pam_folder, PAM_FOLDER, 0, "%s", strerror(-count));
		return;
	}
	for (int i = 0; i < count; i++) {
		check_service(doctor, files[i]->d_name);
		free(files[i]);
	}
	free(files);
	if (doctor->expected != NULL && doctor_service(doctor, doctor->expected) == NULL)
		note_service(doctor, doctor->expected,
			doctor->has_settings ? doctor->settings.timeout : DEFAULT_TIMEOUT);
	if (doctor->service_count == 0) {
		doctor_find(
			doctor, &pam_unused, PAM_FOLDER, 0, "no PAM service uses pam_wechat.so");
		doctor_mend_elsewhere(doctor, MEND_CHOICE,
			"pam-wechat enable SERVICE; first of all for a second sshd, on another "
			"port (pam-wechat enable --help)");
	}
}
