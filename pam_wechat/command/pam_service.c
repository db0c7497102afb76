#include "pam_service.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "paths.h"
#include "problem.h"
#include "text.h"
#include "update.h"

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
		text_format(path, PAM_SERVICE_PATH_MAX, "%s/%s", PATH_SERVICES, service) == 0)
		return COMMAND_DONE;
	fprintf(stderr,
		"pam-wechat %s: a service is the name of a file in %s: sshd, login, su, sudo…\n",
		call->command->name, PATH_SERVICES);
	return COMMAND_USAGE;
}

/* Why the file of this name is nobody's to change, or NULL. */
static const char *reason_to_refuse(const char *service)
{
	const char *end = strstr(service, PAM_SERVICE_BACKUP);

	if (strncmp(service, "common-", strlen("common-")) == 0)
		return "all services share this file: name the service that is to ask WeChat";
	if (strcmp(service, "other") == 0)
		return "this file is for all services without one of their own: name a service";
	if (end != NULL && strcmp(end, PAM_SERVICE_BACKUP) == 0)
		return "this is the copy that was made before a change";
	return NULL;
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
	if (refusal == NULL && update_open(path, update, &problem) < 0) {
		fprintf(stderr, "pam-wechat %s: %s\n", name, problem.text);
		return COMMAND_REFUSED;
	}
	if (refusal == NULL && update_contents(*update) == NULL)
		refusal = "there is no such file: is the program installed?";
	if (refusal == NULL)
		return COMMAND_DONE;
	update_close(update);
	fprintf(stderr, "pam-wechat %s: %s: %s\n", name, path, refusal);
	return COMMAND_REFUSED;
}
