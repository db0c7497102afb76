#include "pam_control.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define DIGITS_MAX 9 /* of a jump: libpam counts further, and its int does not */

/* The codes by their number, as pam.conf(5) spells them, and behind them "default". */
static const char *const codes[PAM_CONTROL_CODES + 1] = {"success", "open_err", "symbol_err",
	"service_err", "system_err", "buf_err", "perm_denied", "auth_err", "cred_insufficient",
	"authinfo_unavail", "user_unknown", "maxtries", "new_authtok_reqd", "acct_expired",
	"session_err", "cred_unavail", "cred_expired", "cred_err", "no_module_data", "conv_err",
	"authtok_err", "authtok_recover_err", "authtok_lock_busy", "authtok_disable_aging",
	"try_again", "ignore", "abort", "authtok_expired", "module_unknown", "bad_item",
	"conv_again", "incomplete", "default"};

/* By their number, without its sign. */
static const char *const names[] = {"ignore", "ok", "done", "bad", "die", "reset"};

static const struct keyword {
	const char *name, *control;
} keywords[] = {
	{"required", "success=ok new_authtok_reqd=ok ignore=ignore default=bad"},
	{"requisite", "success=ok new_authtok_reqd=ok ignore=ignore default=die"},
	{"optional", "success=ok new_authtok_reqd=ok default=ignore"},
	{"sufficient", "success=done new_authtok_reqd=done default=ignore"},
};

static void set_unset(int *actions, int action)
{
	for (int i = 0; i < PAM_CONTROL_CODES; i++) {
		if (actions[i] == PAM_ACTION_UNSET)
			actions[i] = action;
	}
}

static void set_all(int *actions, int action)
{
	for (int i = 0; i < PAM_CONTROL_CODES; i++)
		actions[i] = action;
}

/* The number of the word that the string begins with; none begins with another. Or -1. */
static int find_word(const char *const *list, size_t count, const char *string)
{
	for (size_t i = 0; i < count; i++) {
		if (strncmp(list[i], string, strlen(list[i])) == 0)
			return (int)i;
	}
	return -1;
}

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

/* Takes how many modules are skipped. Returns 0 if there is no number from 1 on that an int holds.
 */
static int take_jump(const char **at)
{
	size_t digits = strspn(*at, "0123456789");
	int jump = 0;

	if (digits > DIGITS_MAX)
		return 0;
	for (size_t i = 0; i < digits; i++)
		jump = jump * 10 + ((*at)[i] - '0');
	*at += digits;
	return jump;
}

/* Reads one `code=action`. Returns what follows, or NULL if it is none. */
static const char *parse_pair(const char *at, int *actions)
{
	int code = find_word(codes, PAM_CONTROL_CODES + 1, at);
	int action;

	if (code < 0)
		return NULL;
	at = skip_blanks(at + strlen(codes[code]));
	if (*at != '=')
		return NULL;
	at = skip_blanks(at + 1);
	action = find_word(names, sizeof(names) / sizeof(names[0]), at);
	if (action >= 0) {
		at += strlen(names[action]);
		action = -action;
	} else {
		action = take_jump(&at);
		if (action == 0)
			return NULL;
	}
	if (code == PAM_CONTROL_CODES)
		set_unset(actions, action);
	else
		actions[code] = action;
	return skip_blanks(at);
}

const char *pam_control_parse(const char *control, int actions[PAM_CONTROL_CODES])
{
	set_all(actions, PAM_ACTION_BAD);
	if (control == NULL)
		return "there is no control";
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		if (strcasecmp(control, keywords[i].name) == 0)
			control = keywords[i].control;
	}
	set_all(actions, PAM_ACTION_UNSET);
	for (const char *at = skip_blanks(control); *at != '\0';) {
		at = parse_pair(at, actions);
		if (at == NULL) {
			set_all(actions, PAM_ACTION_BAD);
			return "libpam does not understand the control";
		}
	}
	set_unset(actions, PAM_ACTION_BAD);
	return NULL;
}
