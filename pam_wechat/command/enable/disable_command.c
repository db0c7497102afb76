/* disable - takes the PAM line of pam_wechat out of the file of a service. */
#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "display.h"
#include "file_update.h"
#include "lines.h"
#include "pam_file.h"
#include "pam_folder.h"
#include "pam_service.h"
#include "problem.h"
#include "secret.h"
#include "sshd_config.h"
#include "sshd_file.h"
#include "text.h"

#define COPIES_SHOWN 1024

enum copy {
	COPY_NONE,
	COPY_EQUAL, /* and removed: it is of no use any more */
	COPY_OTHER,
	COPY_UNKNOWN,
};

static enum copy compare(const char *copy, const struct text *edited, struct problem *problem)
{
	const struct secret *contents;
	struct update *update = NULL;
	enum copy found = COPY_UNKNOWN;

	if (file_update_open(copy, &update, problem) < 0)
		return found;
	contents = file_update_contents(update);
	if (contents == NULL)
		found = COPY_NONE;
	else if (contents->size - 1 != edited->length ||
		 memcmp(contents->bytes, edited->bytes, edited->length) != 0)
		found = COPY_OTHER;
	else if (file_update_remove(update, problem) == 0)
		found = COPY_EQUAL;
	file_update_close(&update);
	return found;
}

/* What has become of the copies that "enable" made; *others names those that differ. */
static enum copy compare_all(
	const char *path, const struct text *edited, struct text *others, struct problem *problem)
{
	char pattern[PAM_SERVICE_PATH_MAX + sizeof(PAM_FOLDER_BACKUP) + 1];
	enum copy whole = COPY_NONE;
	glob_t copies;

	/* The name of a service holds nothing that means anything here. */
	(void)snprintf(pattern, sizeof(pattern), "%s%s*", path, PAM_FOLDER_BACKUP);
	if (glob(pattern, 0, NULL, &copies) != 0)
		return COPY_NONE;
	for (size_t i = 0; i < copies.gl_pathc; i++) {
		const char *copy = copies.gl_pathv[i];
		const char *number = copy + strlen(pattern) - 1;
		enum copy one;

		if (strspn(number, ".0123456789") != strlen(number))
			continue;
		one = compare(copy, edited, problem);
		if (one == COPY_OTHER)
			text_addf(others, "%s%s", others->length == 0 ? "" : ", ", copy);
		/* As it was is as it was, whatever else is kept. */
		if (whole == COPY_NONE || one == COPY_EQUAL ||
			(whole == COPY_OTHER && one == COPY_UNKNOWN))
			whole = one;
	}
	globfree(&copies);
	return whole;
}

static void tell(const char *path, const struct text *edited, const char *taken)
{
	struct problem problem = {.text = ""};
	char names[COPIES_SHOWN], shown[LINES_LENGTH_MAX];
	struct text others;

	text_init(&others, names, sizeof(names));
	switch (compare_all(path, edited, &others, &problem)) {
	case COPY_EQUAL:
		printf("%s is as it was before \"pam-wechat enable\".\n", path);
		break;
	case COPY_OTHER:
		printf("%s: the block was taken out. The rest was changed since "
		       "\"pam-wechat enable\", and stays;\nas it was then: %s\nRemove that when you "
		       "have looked: the doctor takes it for a block that vanished.\n",
			path, names);
		break;
	case COPY_UNKNOWN:
		printf("%s: the block was taken out. (%s)\n", path, problem.text);
		break;
	case COPY_NONE:
		printf("%s: the block was taken out.\n", path);
		break;
	}
	for (const char *at = taken; *at != '\0';) {
		size_t length = strcspn(at, "\n");

		display_copy(shown, sizeof(shown), at, length);
		printf("This went with it: %s\n", shown);
		at += length + (at[length] == '\n');
	}
}

static int change(const char *path, struct update **update, struct problem *problem)
{
	const struct secret *old = file_update_contents(*update);
	/* Each holds a part of the file at most. */
	char *bytes = malloc(2 * old->size);
	struct text edited, taken;
	int rv;

	if (bytes == NULL)
		return problem_set(problem, -ENOMEM, "out of memory");
	text_init(&edited, bytes, old->size);
	text_init(&taken, bytes + old->size, old->size);
	rv = pam_file_disable(path, old->bytes, old->size - 1, &edited, &taken, problem);
	if (rv == 0)
		rv = file_update_write(*update, bytes, edited.length, 0644, problem);
	/* The copy is in the same directory, which is locked. */
	file_update_close(update);
	if (rv == 0)
		tell(path, &edited, taken.bytes);
	free(bytes);
	return rv;
}

/* What "enable --sshd-config" wrote, or somebody else for the same purpose. */
static void take_back_options(void)
{
	struct problem problem = {.text = ""};
	int rv = sshd_file_remove(&problem);

	if (rv > 0)
		printf(SSHD_FILE " was removed, then: " SSHD_RELOAD "\n");
	else if (rv < 0)
		printf("%s\n", problem.text);
	else
		printf("Take what was added for WeChat out of sshd_config, too, then: " SSHD_RELOAD
		       "\n");
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
	}
	file_update_close(&update);
	if (status == COMMAND_DONE && strcmp(call->words[0], "sshd") == 0)
		take_back_options();
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
		"Takes the block of \"pam-wechat enable\" out of " PAM_FOLDER "/SERVICE, and puts\n"
		"back what it took the place of. What else was changed in the file stays.\n"
		"What \"enable --sshd-config\" wrote is removed.",
	.run = run,
};
