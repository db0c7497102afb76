/* What an answer has to be like: as the module's and the helper's files want it, and a bit more. */
#include <string.h>

#include "app_secret.h"
#include "settings.h"
#include "setup.h"

/* With "/l/" and twelve characters behind it: 53 bytes, the most of a QR code of 33x17. */
#define LENGTH_MAX 38
#define PORT_OF_ROOT_MAX 1023

const char *setup_appid_fault(const char *value)
{
	return settings_fault("appid", value);
}

const char *setup_secret_fault(const char *value)
{
	return app_secret_is_valid(value, strlen(value))
	               ? NULL
	               : "must be 16 to 64 letters and digits; WeChat's have 32";
}

const char *setup_url_fault(const char *value)
{
	const char *fault = url_public_fault(value);
	struct url url;

	if (fault != NULL)
		return fault;
	if (strlen(value) > LENGTH_MAX)
		return "must be at most 38 bytes long: with a longer one the QR code would not fit "
		       "80x24";
	if (url_parse(value, &url) == 0 && !url.https && url.port <= PORT_OF_ROOT_MAX)
		return "must have a port from 1024 on, as in http://192.168.1.5:8080: the helper, "
		       "which listens there itself, is not root";
	return NULL;
}

bool setup_is_direct(const struct setup *setup)
{
	return !setup->url.https;
}
