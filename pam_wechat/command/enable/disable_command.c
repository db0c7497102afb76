/* disable - takes the PAM line of pam_wechat out of the file of a service. */
#include <stdio.h>
#include <string.h>

#include "call.h"
#include "file_update.h"
#include "lines.h"
#include "pam_folder.h"
#include "pam_line.h"
#include "pam_service.h"
#include "paragraph.h"
#include "problem.h"
#include "sshd_config.h"
#include "sshd_file.h"
#include "take_back.h"

static void tell(const struct taken_back *taken)
{
	char shown[LINES_LENGTH_MAX];

	paragraph_print(stdout, "%s", taken->outcome);
	for (const char *at = taken->lines; *at != '\0';) {
		size_t length = strcspn(at, "\n");

		pam_line_show(shown, sizeof(shown), at, length);
		paragraph_print(stdout, "This went with it:\n    %s", shown);
		at += length + (at[length] == '\n');
	}
}

/* What "enable --sshd-config" wrote, or somebody else for the same purpose. */
static void take_back_options(void)
{
	struct problem problem = {.text = ""};
	int rv = sshd_file_remove(&problem);

	if (rv > 0)
		paragraph_print(stdout, SSHD_FILE " was removed, then:\n    " SSHD_RELOAD);
	else if (rv < 0)
		paragraph_print(stdout, "%s", problem.text);
	else
		paragraph_print(stdout,
			"Take what was added for WeChat out of sshd_config, too, then:\n"
			"    " SSHD_RELOAD);
}

static enum command_exit run(const struct command_call *call)
{
	struct problem problem = {.text = ""};
	char path[PAM_SERVICE_PATH_MAX];
	struct update *update = NULL;
	struct taken_back taken = {.lines = NULL};
	enum command_exit status = pam_service_open(call, path, &update);

	if (status != COMMAND_DONE)
		return status;
	if (take_back(path, &update, NULL, &taken, &problem) < 0) {
		paragraph_print(stderr, "pam-wechat disable: %s", problem.text);
		status = COMMAND_REFUSED;
	} else {
		tell(&taken);
	}
	taken_back_finish(&taken);
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
