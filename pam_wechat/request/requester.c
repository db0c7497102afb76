#include "requester.h"

#include <string.h>
#include <unistd.h>

#include <security/pam_modules.h>

#include "account.h"
#include "display.h"
#include "origin.h"
#include "secret.h"
#include "text.h"
#include "users.h"
#include "virtual_terminal.h"

/* Keeps a copy, in this place. Returns PAM_SUCCESS, or PAM_BUF_ERR and leaves *string as it is. */
static int keep(struct requester *requester, size_t place, const char *value, const char **string)
{
	char *copy = strdup(value);

	if (copy == NULL)
		return PAM_BUF_ERR;
	*string = requester->copies[place] = copy;
	return PAM_SUCCESS;
}

static int get_string(struct requester *requester, pam_handle_t *pamh, int item, size_t place,
	const char **string)
{
	const void *value = NULL;
	int rv = pam_get_item(pamh, item, &value);

	*string = "";
	return rv == PAM_SUCCESS ? keep(requester, place, value == NULL ? "" : value, string) : rv;
}

/* A user runs the program: who that is the kernel knows, whatever the program says of a host. */
static void describe_asker(struct requester *requester, uid_t uid)
{
	struct account account;
	char name[DISPLAY_NAME_SIZE], tty[48];
	struct text text;

	requester->occasion = OCCASION_BECOME;
	if (account_find_uid(&account, uid) == 0) {
		display_name(name, account.name);
		if (strcmp(account.name, requester->user) == 0)
			requester->occasion = OCCASION_CONFIRM;
		account_finish(&account);
	} else {
		display_name(name, NULL);
	}
	display_copy(tty, sizeof(tty), requester->tty, strlen(requester->tty));
	text_init(&text, requester->asker, sizeof(requester->asker));
	display_add_quoted(&text, name);
	text_addf(&text, " (uid %u%s%s)", uid, tty[0] == '\0' ? "" : ", ", tty);
}

static void describe_occasion(struct requester *requester)
{
	uid_t uid = getuid();

	requester->at_console =
		uid == 0 && requester->rhost[0] == '\0' && virtual_terminal_is_ours(requester->tty);
	if (uid != 0)
		describe_asker(requester, uid);
	else if (requester->rhost[0] != '\0')
		requester->occasion = OCCASION_REMOTE;
	else
		requester->occasion = requester->at_console ? OCCASION_CONSOLE : OCCASION_LOCAL;
}

/* With UseDNS sshd names a host; it tells the address in the environment that it gives to PAM. */
static void find_origin(struct requester *requester, pam_handle_t *pamh)
{
	bool is_sshd = strncmp(requester->service, "sshd", strlen("sshd")) == 0;
	const struct origin_facts facts = {
		.rhost = requester->rhost,
		.connection = is_sshd ? pam_getenv(pamh, "SSH_CONNECTION") : NULL,
		.tty = requester->tty,
		.uid = getuid(),
	};

	origin_choose(&facts, requester->origin);
}

int requester_init(struct requester *requester, struct pam_handle *pamh)
{
	const char *user = NULL;
	int rv;

	memset(requester, 0, sizeof(*requester));
	requester->service = requester->rhost = requester->tty = "";
	rv = pam_get_user(pamh, &user, NULL);
	if (rv != PAM_SUCCESS)
		return rv;
	if (user == NULL)
		return PAM_CONV_ERR;
	if ((rv = keep(requester, 0, user, &requester->user)) != PAM_SUCCESS ||
		(rv = get_string(requester, pamh, PAM_SERVICE, 1, &requester->service)) !=
			PAM_SUCCESS ||
		(rv = get_string(requester, pamh, PAM_RHOST, 2, &requester->rhost)) !=
			PAM_SUCCESS ||
		(rv = get_string(requester, pamh, PAM_TTY, 3, &requester->tty)) != PAM_SUCCESS)
		return rv;
	display_name(requester->shown_user, requester->user);
	display_name(requester->shown_service, requester->service);
	display_copy(requester->from, sizeof(requester->from), requester->rhost,
		strlen(requester->rhost));
	if (requester->rhost[0] == '\0')
		display_copy(requester->from, sizeof(requester->from), requester->tty,
			strlen(requester->tty));
	describe_occasion(requester);
	find_origin(requester, pamh);
	requester_look_up(requester);
	return PAM_SUCCESS;
}

void requester_look_up(struct requester *requester)
{
	account_finish(&requester->account);
	requester->look_up = account_find(&requester->account, requester->user);
}

uid_t requester_uid(const struct requester *requester)
{
	return requester->look_up == 0 ? requester->account.uid : USERS_NO_UID;
}

bool requester_is_same(const struct requester *requester, struct pam_handle *pamh)
{
	const void *user = NULL;

	return pam_get_item(pamh, PAM_USER, &user) == PAM_SUCCESS && user != NULL &&
	       strcmp(user, requester->user) == 0;
}

void requester_finish(struct requester *requester)
{
	for (size_t i = 0; i < sizeof(requester->copies) / sizeof(requester->copies[0]); i++)
		secret_free_string(&requester->copies[i]);
	account_finish(&requester->account);
	explicit_bzero(requester, sizeof(*requester));
}
