#include "pam_service.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file_update.h"
#include "pam_folder.h"
#include "paragraph.h"
#include "problem.h"
#include "text.h"

#define NAME_LENGTH_MAX 200

static bool is_name(const char *service)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";
	size_t length = strlen(service);

	return length > 0 && length <= NAME_LENGTH_MAX && service[0] != '.' && service[0] != '-' &&
	       strspn(service, allowed) == length;
}

enum command_exit pam_service_path(
	const struct command_call *call, const char *service, char path[PAM_SERVICE_PATH_MAX])
{
	if (is_name(service) &&
		text_format(path, PAM_SERVICE_PATH_MAX, "%s/%s", PAM_FOLDER, service) == 0)
		return COMMAND_DONE;
	paragraph_print(stderr,
		"pam-wechat %s: a service is the name of a file in %s: sshd, login, su, sudo…",
		call->command->name, PAM_FOLDER);
	return COMMAND_USAGE;
}

/* Why the file of this name is nobody's to change, or NULL. */
static const char *reason_to_refuse(const char *service)
{
	if (strncmp(service, "common-", strlen("common-")) == 0)
		return "all services share this file: name the service that is to ask WeChat";
	if (strcmp(service, "other") == 0)
		return "this file is for all services without one of their own: name a service";
	if (strstr(service, PAM_FOLDER_BACKUP) != NULL)
		return "this is the copy that was made before a change";
	return NULL;
}

/* libpam reads what packages bring there, but not beside a file of the administrator's. */
static void complain_of_missing(const char *command, const char *service, const char *path)
{
	char shipped[PAM_SERVICE_PATH_MAX];

	if (text_format(shipped, sizeof(shipped), "%s/%s", PAM_FOLDER_SHIPPED, service) == 0 &&
		access(shipped, F_OK) == 0)
		paragraph_print(stderr,
			"pam-wechat %s: %s: there is only %s, which belongs to its package: "
			"cp %s %s, and then once more",
			command, path, shipped, shipped, path);
	else
		paragraph_print(stderr,
			"pam-wechat %s: %s: there is no such file: is the program installed?",
			command, path);
}

enum command_exit pam_service_open(
	const struct command_call *call, char path[PAM_SERVICE_PATH_MAX], struct update **update)
{
	const char *name = call->command->name;
	const char *service = call->words[0];
	struct problem problem = {.text = ""};
	enum command_exit status = pam_service_path(call, service, path);
	const char *refusal;

	*update = NULL;
	if (status != COMMAND_DONE)
		return status;
	refusal = reason_to_refuse(service);
	if (refusal == NULL && geteuid() != 0)
		refusal = "only root may change it";
	if (refusal == NULL && file_update_open(path, update, &problem) < 0) {
		paragraph_print(stderr, "pam-wechat %s: %s", name, problem.text);
		return COMMAND_REFUSED;
	}
	if (refusal == NULL && file_update_contents(*update) != NULL)
		return COMMAND_DONE;
	file_update_close(update);
	if (refusal == NULL)
		complain_of_missing(name, service, path);
	else
		paragraph_print(stderr, "pam-wechat %s: %s: %s", name, path, refusal);
	return COMMAND_REFUSED;
}
