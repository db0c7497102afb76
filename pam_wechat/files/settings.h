/*
 * settings - what pam_wechat.conf and the words of the PAM line say, checked as a whole.
 */
#ifndef PAM_WECHAT_FILES_SETTINGS_H
#define PAM_WECHAT_FILES_SETTINGS_H

#include <stdbool.h>

#include "config.h"

struct problem;

#define SETTINGS_OPENIDS_MAX 32 /* of one user: they have to fit into one message */

enum settings_scope { SCOPE_BASE, SCOPE_USERINFO };
enum settings_confirm { CONFIRM_AUTO, CONFIRM_PIN, CONFIRM_WAIT };
enum settings_qr { QR_LINK, QR_AUTHORIZE };
enum settings_charset { CHARSET_UTF8, CHARSET_ASCII, CHARSET_NONE };
enum settings_lang { LANG_EN, LANG_ZH };
enum settings_unlisted { UNLISTED_REFUSE, UNLISTED_IGNORE };

/* The keys, under their own names; conf/pam_wechat.conf explains each. */
struct settings {
	char *appid;
	char *secret_file;
	char *public_url;
	int scope; /* enum settings_scope, and so on */
	char *users_file;
	char *socket;
	char *exchange;
	char *exchange_user;
	char *host_name;
	char *authorize_url;
	struct config_list api_url; /* one or two */
	char *ca_file;              /* NULL: the system's CA directory */
	char *proxy;                /* NULL: none */
	bool connect_redirect;
	bool log_openid;

	int confirm;
	int qr;
	int charset;
	bool invert;
	long timeout; /* seconds */
	int lang;
	int unlisted;
	char *brand; /* NULL: none */
	bool debug;
};

/* All of them, in this order. */
extern const struct config_table settings_table;

/*
 * Reads the configuration file, then the PAM line, whose words win: `key=value`, or a flag's bare
 * name for `yes`. `conf=PATH` names another file than /etc/pam_wechat/pam_wechat.conf.
 * Returns 0, or -errno with the problem set; either way the settings are to be finished.
 */
int settings_read(
	struct settings *settings, int argc, const char *const *argv, struct problem *problem);

void settings_finish(struct settings *settings);

/*
 * What is wrong with a value of this key ("must be an absolute path"), as settings_read() would
 * judge it; NULL if nothing is, or for keys that hold no text.
 */
const char *settings_fault(const char *key, const char *value);

/* The words for the two values that leave the module: snsapi_base..., en... */
/*
 * Whether the program of this PAM service talks to a person on the terminal it was started on. The
 * console's font matters to those alone, and confirm=wait is for no other.
 */
bool settings_is_of_terminal(const char *service);

const char *settings_scope_word(int scope);
const char *settings_lang_word(int lang);

#endif
