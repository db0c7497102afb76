/* Of the PAM services beside those that ask: whether one of them should. */
#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"
#include "pam_asking.h"
#include "pam_folder.h"
#include "pam_judge.h"
#include "pam_stack.h"
#include "text.h"

#define NAME_MAX_BYTES 256

static const struct finding_kind
	block_gone = {"pam-block-gone", SEVERITY_WARNING,
		"whoever signs in there is not asked for WeChat any more, and nobody decided that: "
		"an upgrade or a tool may have written the file anew"},
	of_user = {"pam-runs-as-user", SEVERITY_WARNING,
		"its program runs as the person himself, for whom the module can't read "
		"pam_wechat.conf: it refuses, and nobody unlocks his screen"},
	twin = {"pam-twin", SEVERITY_WARNING,
		"whoever takes the other way to the same account is not asked for WeChat"};

/* Services that lead to the same, by another option of the same program. */
static const struct twins {
	const char *one, *other;
} twins[] = {
	{"su", "su-l"},
	{"sudo", "sudo-i"},
	{"runuser", "runuser-l"},
	{"login", "remote"},
};

/* Whether the service has a file, and leads to ours by none of its lines. */
static bool asks_not(const char *service)
{
	struct pam_asking found;

	return pam_asking_find(service, &found) == 0;
}

/* Looks at one copy that "pam-wechat enable" has made: `last` is of which service the one before.
 */
static void check_copy(struct doctor *doctor, const char *copy, char last[NAME_MAX_BYTES])
{
	const char *name = strrchr(copy, '/') + 1;
	const char *end = strstr(name, PAM_FOLDER_BACKUP);
	char service[NAME_MAX_BYTES];

	if (text_format(service, sizeof(service), "%.*s", (int)(end - name), name) < 0 ||
		strcmp(service, last) == 0)
		return;
	strcpy(last, service);
	if (!asks_not(service))
		return;
	doctor_find(doctor, &block_gone, NULL, 0,
		"%s once asked WeChat, as %s shows, and does so no more", service, copy);
	doctor_mend_elsewhere(doctor, MEND_CHOICE,
		"pam-wechat enable %s; or, if it is right like this: rm %s*", service, copy);
}

static void check_twins(struct doctor *doctor, const char *asks, const char *other)
{
	if (doctor_service(doctor, asks) == NULL || !asks_not(other) ||
		doctor_service(doctor, other) != NULL)
		return;
	doctor_find(doctor, &twin, NULL, 0,
		"%s asks WeChat, and %s, a service of its own, does not", asks, other);
	doctor_mend_elsewhere(doctor, MEND_CHOICE, "pam-wechat enable %s", other);
}

/* What mends a service whose program can't use the module. */
static void mend_of_user(struct doctor *doctor, const char *service, const struct pam_stack *stack,
	const struct pam_entry *ours)
{
	const char *own = stack->files[0];
	bool is_shipped = strncmp(own, PAM_FOLDER_SHIPPED "/", strlen(PAM_FOLDER_SHIPPED "/")) == 0;
	bool is_debian = access(PAM_FOLDER "/common-auth", F_OK) == 0;

	if (strcmp(ours->file, own) == 0)
		doctor_mend_elsewhere(doctor, MEND_CHOICE, "pam-wechat disable %s", service);
	else
		doctor_mend_elsewhere(doctor, MEND_CHOICE,
			"%s%s%s%s%swrite \"%s\" in line %ld of " PAM_FOLDER "/%s",
			is_shipped ? "cp " : "", is_shipped ? own : "",
			is_shipped ? " " PAM_FOLDER "/" : "", is_shipped ? service : "",
			is_shipped ? ", and " : "",
			is_debian ? "@include common-auth" : "auth include system-auth",
			ours->own_line, service);
}

static void check_host(struct doctor *doctor, const char *service)
{
	struct pam_stack *stack = NULL;
	const struct pam_entry *ours;

	if (!pam_module_is_of_user(service) ||
		pam_stack_read(PAM_FOLDER, service, "auth", &stack) < 0)
		return;
	ours = pam_stack_find_ours(stack);
	if (ours != NULL && stack->reading <= PAM_READING_BROKEN &&
		pam_judge_wants_root(stack, service)) {
		doctor_find(doctor, &of_user, ours->file, ours->line, "%s asks WeChat by this line",
			service);
		mend_of_user(doctor, service, stack, ours);
	}
	pam_stack_free(&stack);
}

void doctor_check_services(struct doctor *doctor)
{
	char last[NAME_MAX_BYTES] = "";
	glob_t copies;

	if (glob(PAM_FOLDER "/*" PAM_FOLDER_BACKUP "*", 0, NULL, &copies) == 0) {
		for (size_t i = 0; i < copies.gl_pathc; i++)
			check_copy(doctor, copies.gl_pathv[i], last);
		globfree(&copies);
	}
	for (size_t i = 0; i < doctor->service_count; i++)
		check_host(doctor, doctor->services[i].name);
	for (size_t i = 0; i < sizeof(twins) / sizeof(twins[0]); i++) {
		check_twins(doctor, twins[i].one, twins[i].other);
		check_twins(doctor, twins[i].other, twins[i].one);
	}
}
