#include "rehearsal_keep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "file_update.h"
#include "new_sign_in.h"
#include "pam_file.h"
#include "pam_service.h"
#include "paragraph.h"
#include "problem.h"
#include "process.h"
#include "rehearsal.h"
#include "secret.h"
#include "text.h"

/* Whether this process may say so. Returns 0, or -errno with the problem set. */
static int check(const char *service, const char *path, const struct secret *contents,
	struct problem *problem)
{
	struct process lineage[PROCESS_LINEAGE_MAX];
	char line[REHEARSAL_LINE_MAX];
	struct rehearsal rehearsal;
	const char *refusal;
	int rv = pam_file_trial(path, contents->bytes, contents->size - 1, line, problem);

	if (rv < 0)
		return rv;
	if (rv == 0)
		return problem_set(problem, -ENOENT, "%s: nothing is on trial there", path);
	if (rehearsal_parse(line, &rehearsal) < 0)
		return problem_set(problem, -EINVAL,
			"%s:%d: this line has been changed: pam-wechat disable %s", path, rv,
			service);
	refusal = new_sign_in_refusal(service, lineage, process_lineage(lineage), &rehearsal);
	if (refusal != NULL)
		return problem_set(problem, -EPERM, "%s", refusal);
	return 0;
}

static int keep(
	const char *service, const char *path, struct update *update, struct problem *problem)
{
	const struct secret *old = file_update_contents(update);
	char *bytes = malloc(old->size);
	struct text edited;
	int rv;

	if (bytes == NULL)
		return problem_set(problem, -ENOMEM, "out of memory");
	text_init(&edited, bytes, old->size);
	rv = check(service, path, old, problem);
	if (rv == 0)
		rv = pam_file_keep(path, old->bytes, old->size - 1, &edited, problem);
	if (rv == 0)
		rv = file_update_write(update, bytes, edited.length, 0644, problem);
	free(bytes);
	return rv;
}

enum command_exit rehearsal_keep(const struct command_call *call)
{
	const char *service = call->words[0];
	char path[PAM_SERVICE_PATH_MAX];
	struct problem problem = {.text = ""};
	struct update *update = NULL;
	enum command_exit status = pam_service_open(call, path, &update);

	if (status != COMMAND_DONE)
		return status;
	if (keep(service, path, update, &problem) < 0) {
		paragraph_print(stderr, "pam-wechat enable: %s", problem.text);
		status = COMMAND_REFUSED;
	} else {
		paragraph_print(stdout, "%s is kept: it is on trial no longer.", path);
		paragraph_print(stdout, "To go back: pam-wechat disable %s", service);
	}
	file_update_close(&update);
	return status;
}
