/* Of the files that decide who gets in: who could have written them. */
#include <errno.h>
#include <glob.h>

#include "doctor.h"
#include "followed_file.h"
#include "pam_folder.h"
#include "pam_stack.h"
#include "problem.h"

static const struct finding_kind
	pam_file = {"pam-file-untrusted", SEVERITY_ERROR,
		"whoever can write there decides who gets in, and which programs root runs for "
		"that"},
	sshd_file = {"sshd-file-untrusted", SEVERITY_ERROR,
		"whoever can write there decides whom sshd lets in, and how"};

static void check_file(struct doctor *doctor, const struct finding_kind *kind, const char *path)
{
	struct problem problem = {.text = ""};
	const char *file;

	if (followed_file_judge(path, &problem) != -EPERM)
		return;
	doctor_find_problem(doctor, kind, problem.text);
	file = doctor->findings[doctor->count - 1].file;
	doctor_mend_command(doctor, "chown root %s && chmod go-w %s", doctor_quote(doctor, file),
		doctor_quote(doctor, file));
	doctor_mend_add(doctor, "; then look whether what stands there is right");
}

static void check_service(struct doctor *doctor, const char *service)
{
	struct pam_stack *stack = NULL;

	if (pam_stack_read(PAM_FOLDER, service, "auth", &stack) < 0)
		return;
	for (size_t i = 0; i < stack->file_count; i++)
		check_file(doctor, &pam_file, stack->files[i]);
	pam_stack_free(&stack);
}

static void check_sshd(struct doctor *doctor)
{
	glob_t found;

	check_file(doctor, &sshd_file, "/etc/ssh/sshd_config");
	if (glob("/etc/ssh/sshd_config.d/*.conf", 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		check_file(doctor, &sshd_file, found.gl_pathv[i]);
	globfree(&found);
}

void doctor_check_trust(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->service_count; i++)
		check_service(doctor, doctor->services[i].name);
	if (doctor_service(doctor, "sshd") != NULL)
		check_sshd(doctor);
}
