/* Of the sshd that runs: whether it has read what stands in its files. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "doctor_sshd.h"
#include "sshd_config.h"
#include "sshd_methods.h"
#include "sshd_running.h"

#define HAS_PENALTIES 908 /* OpenSSH 9.8 */

static const struct finding_kind
	sshd_older = {"sshd-older", SEVERITY_ERROR,
		"what stands in its files is not in force: sshd runs with an older configuration"},
	sshd_silent = {"sshd-silent", SEVERITY_NOTE,
		"whether the configuration that it runs with is that of its files was not looked "
		"at"};

/*
 * Later ones bar addresses that often connect and don't sign in: a program that asks at intervals
 * would not be told from those.
 */
static bool may_ask(const struct doctor *doctor, const struct sshd_config *config)
{
	int release = sshd_config_release(config);

	if (doctor->expected != NULL)
		return false;
	return (release > 0 && release < HAS_PENALTIES) || isatty(STDIN_FILENO) ||
	       isatty(STDOUT_FILENO) || isatty(STDERR_FILENO);
}

static void compare(struct doctor *doctor, const struct sshd_config *config,
	const struct sshd_place *place, unsigned int offered)
{
	unsigned int promised = sshd_methods_offered(config);
	char is[SSHD_METHODS_MAX], ought[SSHD_METHODS_MAX];

	if (offered == promised)
		return;
	sshd_methods_name(offered, is);
	sshd_methods_name(promised, ought);
	doctor_find(doctor, &sshd_older, NULL, 0,
		"sshd offers %s at %s, port %ld, and its files say %s", is, place->address,
		place->port, ought);
	doctor_mend_command(doctor, "%s", SSHD_RELOAD);
}

void doctor_check_sshd_running(struct doctor *doctor, const struct sshd_config *config)
{
	struct sshd_config *mine = NULL;
	struct sshd_place place;
	unsigned int offered;
	int rv;

	if (!may_ask(doctor, config) || sshd_running_find(config, &place) < 0)
		return;
	rv = sshd_running_ask(&place, &offered);
	if (rv == -ENOENT)
		return;
	if (rv < 0) {
		doctor_find(doctor, &sshd_silent, NULL, 0, "no sshd answers at %s, port %ld",
			place.address, place.port);
		doctor_mend_elsewhere(doctor, MEND_CHOICE, "systemctl start ssh, if it is to run");
		return;
	}
	if (sshd_config_ask(
		    &(struct sshd_client){
			    .user = SSHD_RUNNING_USER,
			    .from = place.address,
			    .to = place.address,
			    .port = place.port,
		    },
		    &mine) == 0)
		compare(doctor, mine, &place, offered);
	sshd_config_free(&mine);
}
