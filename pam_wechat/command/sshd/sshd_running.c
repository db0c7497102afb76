#include "sshd_running.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "decimal.h"
#include "sshd_config.h"
#include "sshd_methods.h"
#include "subprocess.h"
#include "text.h"

#define SSH "/usr/bin/ssh"

/* Takes "0.0.0.0:22" or "[::]:22" apart. */
static bool parse_place(const char *value, struct sshd_place *place)
{
	size_t whole = strcspn(value, " ");
	const char *colon = memrchr(value, ':', whole);
	size_t length;

	if (colon == NULL)
		return false;
	place->port = (long)decimal_parse(colon + 1, (size_t)(value + whole - colon) - 1, 1, 65535);
	length = (size_t)(colon - value);
	if (length > 2 && value[0] == '[' && value[length - 1] == ']') {
		value++;
		length -= 2;
	}
	if (length == 0 || length >= sizeof(place->address) || place->port < 0)
		return false;
	memcpy(place->address, value, length);
	place->address[length] = '\0';
	/* All addresses. */
	if (strcmp(place->address, "0.0.0.0") == 0)
		strcpy(place->address, "127.0.0.1");
	else if (strcmp(place->address, "::") == 0)
		strcpy(place->address, "::1");
	return true;
}

int sshd_running_find(const struct sshd_config *config, struct sshd_place *place)
{
	struct sshd_place one;
	char value[128];
	bool found = false;

	for (size_t i = 0; sshd_config_value(config, "listenaddress", i, value, sizeof(value));
		i++) {
		bool is_loopback;

		if (!parse_place(value, &one))
			continue;
		is_loopback = strncmp(one.address, "127.", 4) == 0;
		if (!found || is_loopback)
			*place = one;
		found = true;
		if (is_loopback)
			break;
	}
	return found ? 0 : -ENOENT;
}

int sshd_running_ask(const struct sshd_place *place, unsigned int *methods)
{
	static const char begins[] = "Permission denied (";
	char port[16], who[sizeof(SSHD_RUNNING_USER "@") + sizeof(place->address)];
	const char *const argv[] = {SSH, "-F", "none", "-o", "BatchMode=yes", "-o",
		"PreferredAuthentications=none", "-o", "StrictHostKeyChecking=no", "-o",
		"UserKnownHostsFile=/dev/null", "-o", "GlobalKnownHostsFile=/dev/null", "-o",
		"LogLevel=ERROR", "-p", port, who, NULL};
	char said[4096];
	const char *at;
	int rv;

	if (access(SSH, X_OK) < 0)
		return -ENOENT;
	(void)text_format(port, sizeof(port), "%ld", place->port);
	(void)text_format(who, sizeof(who), SSHD_RUNNING_USER "@%s", place->address);
	rv = subprocess_run(argv, said, sizeof(said));
	if (rv < 0)
		return rv;
	at = strstr(said, begins);
	if (at == NULL)
		return -ECONNREFUSED;
	at += sizeof(begins) - 1;
	*methods = sshd_methods_parse(at, strcspn(at, ")\r\n"));
	return 0;
}
