#include "doctor_permits.h"

#include <errno.h>
#include <unistd.h>

#include "doctor.h"
#include "pam_load.h"
#include "paths.h"
#include "problem.h"

static const struct finding *find_error(const struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->count; i++) {
		if (doctor->findings[i].kind->severity == SEVERITY_ERROR)
			return &doctor->findings[i];
	}
	return NULL;
}

bool doctor_permits(const struct command_call *call, const char *service, struct problem *problem)
{
	struct doctor doctor = {
		.conf = call->conf,
		.offline = true,
		.is_root = geteuid() == 0,
		.expected = service,
	};
	const struct finding *error;

	if (pam_load_try(PATH_MODULE, "auth", problem) < 0)
		return false;
	doctor_look(&doctor);
	error = find_error(&doctor);
	if (error != NULL) {
		problem_set(problem, -EINVAL,
			"%s (%s)\n  why:  %s\n  mend: %s\n\"pam-wechat doctor\" tells more",
			error->what, error->kind->id, error->kind->why, error->mend.text);
		if (error->line > 0)
			problem_locate(problem, "%s:%ld: ", error->file, error->line);
		else if (error->file != NULL)
			problem_locate(problem, "%s: ", error->file);
	}
	doctor_finish(&doctor);
	return error == NULL;
}
