/*
 * pam_service - the file of a PAM service that is to be changed.
 */
#ifndef PAM_WECHAT_PAM_PAM_SERVICE_H
#define PAM_WECHAT_PAM_PAM_SERVICE_H

#include "call.h"

#define PAM_SERVICE_PATH_MAX 320

struct update;

/*
 * Makes the path of the service's file. Returns COMMAND_DONE; or COMMAND_USAGE after a complaint
 * on standard error if no service can have this name.
 */
enum command_exit pam_service_path(
	const struct command_call *call, const char *service, char path[PAM_SERVICE_PATH_MAX]);

/*
 * Opens the file of the call's first word for a change. Returns COMMAND_DONE, the path and an
 * update that the caller closes; or something else after a complaint on standard error: for bad
 * names, for what all services share, for whoever is not root, and if there is no such file.
 */
enum command_exit pam_service_open(
	const struct command_call *call, char path[PAM_SERVICE_PATH_MAX], struct update **update);

#endif
