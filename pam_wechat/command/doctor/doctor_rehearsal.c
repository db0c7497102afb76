/* Of the services that are on trial (pam-wechat enable --try): is anybody there to end it? */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "doctor.h"
#include "pam_file.h"
#include "pam_folder.h"
#include "pam_service.h"
#include "problem.h"
#include "rehearsal.h"
#include "safe_file.h"
#include "secret.h"
#include "text.h"

#define LATE_SECONDS 120 /* more than a holder takes that has to try again */

static const struct finding_kind
	pam_trial = {"pam-trial", SEVERITY_NOTE,
		"the service asks WeChat until then, and no longer, unless somebody keeps it"},
	pam_trial_over = {"pam-trial-over", SEVERITY_WARNING,
		"a change that nobody has confirmed stays: perhaps nobody can sign in by it"};

/* Why the trial does not end by itself, or NULL. */
static const char *find_fault(const struct doctor *doctor, const struct rehearsal *rehearsal)
{
	if ((int64_t)time(NULL) > rehearsal->until + LATE_SECONDS)
		return "its time has passed";
	if (!rehearsal_is_of_this_boot(rehearsal))
		return "the machine was started again since";
	/* Others may not see root's processes. */
	if (doctor->is_root && !rehearsal_is_held(rehearsal))
		return "the process that was to take it back is gone";
	return NULL;
}

/* "disable" mends it, if it can. */
static void mend_over(
	struct doctor *doctor, const char *service, const char *path, const struct secret *contents)
{
	/* Each holds a part of the file at most. */
	char *bytes = malloc(2 * contents->size);
	struct problem problem = {.text = "out of memory"};
	struct text edited, lines;
	int rv = -ENOMEM;

	if (bytes != NULL) {
		text_init(&edited, bytes, contents->size);
		text_init(&lines, bytes + contents->size, contents->size);
		rv = pam_file_disable(
			path, contents->bytes, contents->size - 1, &edited, &lines, &problem);
	}
	if (rv == 0)
		doctor_mend_command(doctor, "pam-wechat disable %s", doctor_quote(doctor, service));
	else
		doctor_mend_elsewhere(doctor, MEND_CHOICE, "%s; then pam-wechat disable %s",
			problem.text, service);
	free(bytes);
}

static void check_line(struct doctor *doctor, const char *service, const char *path, int number,
	const char *line, const struct secret *contents)
{
	char end[REHEARSAL_TIME_MAX] = "";
	struct rehearsal rehearsal;
	const char *fault = "its line has been changed";

	if (rehearsal_parse(line, &rehearsal) == 0) {
		rehearsal_show_end(&rehearsal, end);
		fault = find_fault(doctor, &rehearsal);
	}
	if (fault != NULL) {
		doctor_find(doctor, &pam_trial_over, path, number,
			"%s: on trial%s%s, and was not taken back: %s", service,
			end[0] == '\0' ? "" : " until ", end, fault);
		mend_over(doctor, service, path, contents);
	} else {
		doctor_find(
			doctor, &pam_trial, path, number, "%s: on trial until %s", service, end);
		doctor_mend_elsewhere(doctor, MEND_CHOICE,
			"to keep it, in a new sign-in: pam-wechat enable %s --keep", service);
	}
}

static void check_file(struct doctor *doctor, const char *service)
{
	struct problem problem = {.text = ""};
	char path[PAM_SERVICE_PATH_MAX], line[REHEARSAL_LINE_MAX];
	struct secret *contents = NULL;
	int number;

	/* What is wrong with the file itself is said elsewhere. */
	if (text_format(path, sizeof(path), "%s/%s", PAM_FOLDER, service) < 0 ||
		safe_file_read(path, SAFE_FILE_PUBLIC, PAM_FILE_MAX, &contents, &problem) < 0)
		return;
	number = pam_file_trial(path, contents->bytes, contents->size - 1, line, &problem);
	if (number > 0)
		check_line(doctor, service, path, number, line, contents);
	secret_free(&contents);
}

void doctor_check_rehearsals(struct doctor *doctor)
{
	struct dirent **files = NULL;
	int count = pam_folder_list(&files);

	for (int i = 0; i < count; i++) {
		check_file(doctor, files[i]->d_name);
		free(files[i]);
	}
	free(files);
}
