/* disable - takes the PAM line of pam_wechat out of the file of a service. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "pam_file.h"
#include "pam_service.h"
#include "paths.h"
#include "problem.h"
#include "secret.h"
#include "text.h"
#include "update.h"

enum copy {
	COPY_NONE,
	COPY_EQUAL, /* and removed: it is of no use any more */
	COPY_OTHER,
	COPY_UNKNOWN,
};

/* What has become of the copy that "enable" made. */
static enum copy compare(const char *path, const struct text *edited, struct problem *problem)
{
	char copy[PAM_SERVICE_PATH_MAX + sizeof(PAM_SERVICE_BACKUP)];
	const struct secret *contents;
	struct update *update = NULL;
	enum copy found = COPY_UNKNOWN;

	(void)snprintf(copy, sizeof(copy), "%s%s", path, PAM_SERVICE_BACKUP);
	if (update_open(copy, &update, problem) < 0)
		return found;
	contents = update_contents(update);
	if (contents == NULL)
		found = COPY_NONE;
	else if (contents->size - 1 != edited->length ||
		 memcmp(contents->bytes, edited->bytes, edited->length) != 0)
		found = COPY_OTHER;
	else if (update_remove(update, problem) == 0)
		found = COPY_EQUAL;
	update_close(&update);
	return found;
}

static void tell(const char *path, const struct text *edited)
{
	struct problem problem = {.text = ""};

	switch (compare(path, edited, &problem)) {
	case COPY_EQUAL:
		printf("%s is as it was before \"pam-wechat enable\".\n", path);
		break;
	case COPY_OTHER:
		printf("%s: the block was taken out. The rest was changed since "
		       "\"pam-wechat enable\", and stays;\nas it was then: %s%s\n",
			path, path, PAM_SERVICE_BACKUP);
		break;
	case COPY_UNKNOWN:
		printf("%s: the block was taken out. (%s)\n", path, problem.text);
		break;
	case COPY_NONE:
		printf("%s: the block was taken out.\n", path);
		break;
	}
}

static int change(const char *path, struct update **update, struct problem *problem)
{
	const struct secret *old = update_contents(*update);
	char *bytes = malloc(old->size);
	struct text edited;
	int rv;

	if (bytes == NULL)
		return problem_set(problem, -ENOMEM, "out of memory");
	text_init(&edited, bytes, old->size);
	rv = pam_file_disable(path, old->bytes, old->size - 1, &edited, problem);
	if (rv == 0)
		rv = update_write(*update, bytes, edited.length, 0644, problem);
	/* The copy is in the same directory, which is locked. */
	update_close(update);
	if (rv == 0)
		tell(path, &edited);
	free(bytes);
	return rv;
}

static enum command_exit run(const struct command_call *call)
{
	struct problem problem = {.text = ""};
	char path[PAM_SERVICE_PATH_MAX];
	struct update *update = NULL;
	enum command_exit status = pam_service_open(call, path, &update);

	if (status != COMMAND_DONE)
		return status;
	if (change(path, &update, &problem) < 0) {
		fprintf(stderr, "pam-wechat disable: %s\n", problem.text);
		status = COMMAND_REFUSED;
	} else if (strncmp(call->words[0], "sshd", 4) == 0) {
		printf("Take what was added for WeChat out of sshd_config, too, then: sshd -t && "
		       "systemctl reload ssh\n");
	}
	update_close(&update);
	return status;
}

const struct command command_disable = {
	.name = "disable",
	.words = "SERVICE",
	.words_min = 1,
	.words_max = 1,
	.word = COMMAND_SERVICE,
	.summary = "let a service ask WeChat no more",
	.description =
		"Takes the block of \"pam-wechat enable\" out of " PATH_SERVICES
		"/SERVICE, and puts back\nwhat it took the place of. What else was changed in the "
		"file stays.",
	.run = run,
};
