#include "take_back.h"

#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file_update.h"
#include "pam_file.h"
#include "pam_folder.h"
#include "pam_service.h"
#include "problem.h"
#include "rehearsal.h"
#include "secret.h"
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

/* Makes the sentence; one that does not fit is cut off. */
static void describe(const char *path, const struct text *edited, char outcome[])
{
	struct problem problem = {.text = ""};
	char names[COPIES_SHOWN];
	struct text others, text;

	text_init(&others, names, sizeof(names));
	text_init(&text, outcome, TAKEN_BACK_OUTCOME_MAX);
	switch (compare_all(path, edited, &others, &problem)) {
	case COPY_EQUAL:
		text_addf(&text, "%s is as it was before \"pam-wechat enable\".", path);
		break;
	case COPY_OTHER:
		text_addf(&text,
			"%s: the block was taken out. The rest was changed since \"pam-wechat "
			"enable\", and stays; as it was then: %s. Remove that when you have "
			"looked: the doctor takes it for a block that vanished.",
			path, names);
		break;
	case COPY_UNKNOWN:
		text_addf(&text, "%s: the block was taken out. (%s)", path, problem.text);
		break;
	case COPY_NONE:
		text_addf(&text, "%s: the block was taken out.", path);
		break;
	}
}

/* Whether this very line stands in the block. Returns 0, or as take_back(). */
static int check_trial(
	const char *path, const struct secret *contents, const char *trial, struct problem *problem)
{
	char found[REHEARSAL_LINE_MAX];
	int rv = pam_file_trial(path, contents->bytes, contents->size - 1, found, problem);

	if (rv >= 0 && strcmp(found, trial) != 0)
		return problem_set(problem, -ENOENT, "%s: this trial is over already", path);
	return rv < 0 ? rv : 0;
}

int take_back(const char *path, struct update **update, const char *trial, struct taken_back *taken,
	struct problem *problem)
{
	const struct secret *old = file_update_contents(*update);
	struct text edited, lines;
	char *bytes = NULL;
	int rv;

	*taken = (struct taken_back){.lines = NULL};
	if (old == NULL)
		return problem_set(problem, -ENOENT, "%s: there is no such file", path);
	/* Each holds a part of the file at most. */
	bytes = malloc(old->size);
	taken->lines = malloc(old->size);
	if (bytes == NULL || taken->lines == NULL) {
		rv = problem_set(problem, -ENOMEM, "out of memory");
		goto out;
	}
	text_init(&edited, bytes, old->size);
	text_init(&lines, taken->lines, old->size);
	rv = trial == NULL ? 0 : check_trial(path, old, trial, problem);
	if (rv == 0)
		rv = pam_file_disable(path, old->bytes, old->size - 1, &edited, &lines, problem);
	if (rv == 0)
		rv = file_update_write(*update, bytes, edited.length, 0644, problem);
	/* The copy is in the same directory, which is locked. */
	file_update_close(update);
	if (rv == 0)
		describe(path, &edited, taken->outcome);
out:
	free(bytes);
	if (rv < 0)
		taken_back_finish(taken);
	return rv;
}

void taken_back_finish(struct taken_back *taken)
{
	free(taken->lines);
	taken->lines = NULL;
}
