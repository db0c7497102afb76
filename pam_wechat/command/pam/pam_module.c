#include "pam_module.h"

#include <stddef.h>
#include <string.h>

#include "pam_stack.h"

/* For each class the modules' names, without ".so". */
static const char *const opening[] = {"pam_permit", "pam_cap", "pam_debug", "pam_echo", "pam_env",
	"pam_faildelay", "pam_gnome_keyring", "pam_group", "pam_issue", "pam_keyinit",
	"pam_kwallet5", "pam_lastlog", "pam_lastlog2", "pam_limits", "pam_loginuid", "pam_mail",
	"pam_mkhomedir", "pam_motd", "pam_namespace", "pam_rootok", "pam_selinux", "pam_setquota",
	"pam_systemd", "pam_tally", "pam_tally2", "pam_tmpdir", "pam_ttyaudit", "pam_tty_audit",
	"pam_umask", "pam_warn", "pam_xauth", NULL};
static const char *const deciding[] = {"pam_access", "pam_console", "pam_exec", "pam_faillock",
	"pam_ftp", "pam_listfile", "pam_localuser", "pam_nologin", "pam_postgresok", "pam_python",
	"pam_rhosts", "pam_rhosts_auth", "pam_script", "pam_securetty", "pam_sepermit",
	"pam_shells", "pam_succeed_if", "pam_time", "pam_timestamp", "pam_usertype", "pam_wheel",
	NULL};
static const char *const proving[] = {"pam_unix", "pam_ccreds", "pam_cracklib", "pam_duo",
	"pam_ecryptfs", "pam_fprintd", "pam_google_authenticator", "pam_himmelblau", "pam_krb5",
	"pam_krb5_migrate", "pam_ldap", "pam_mysql", "pam_oath", "pam_otpw", "pam_p11", "pam_pgsql",
	"pam_pkcs11", "pam_poldi", "pam_pwdfile", "pam_radius_auth", "pam_ssh_agent_auth",
	"pam_sss", "pam_sss_gss", "pam_systemd_home", "pam_tacplus", "pam_u2f", "pam_userdb",
	"pam_userpass", "pam_winbind", "pam_yubico", NULL};
static const char *const denying[] = {"pam_deny", NULL};
static const char *const being_ours[] = {"pam_wechat", NULL};

static const struct {
	enum pam_class class;
	const char *const *names;
} classes[] = {
	{PAM_CLASS_OURS, being_ours},
	{PAM_CLASS_DENIES, denying},
	{PAM_CLASS_OPENS, opening},
	{PAM_CLASS_DECIDES, deciding},
	{PAM_CLASS_PROVES, proving},
};

/* Words by which a module that asks for a proof lets those in who have none to show. */
static const struct {
	const char *module, *word;
} excuses[] = {
	{"pam_google_authenticator", "nullok"},
	{"pam_u2f", "nouserok"},
	{"pam_duo", "failmode=safe"},
	{"pam_yubico", "nullok"},
};

/* Programs that run as root for whoever calls them: the caller's own uid says who he is. */
static const char *const set_user_id[] = {"su", "su-l", "runuser", "runuser-l", "chsh", "chfn",
	"chage", "useradd", "userdel", "usermod", "groupadd", "groupdel", "groupmod", "newusers",
	"chpasswd", "chgpasswd", NULL};
static const char *const local[] = {"login", "sudo", "sudo-i", "doas", "passwd", "polkit-1", "cron",
	"crond", "atd", "systemd-user", "gdm", "gdm-password", "gdm-fingerprint", "gdm-smartcard",
	"gdm-autologin", "gdm-launch-environment", "lightdm", "lightdm-autologin",
	"lightdm-greeter", "sddm", "sddm-autologin", "sddm-greeter", "greetd", "xdm", "physlock",
	"xlock", NULL};

/* Lockers of screens, most of them: they ask for the password of who has run them. */
static const char *const of_user[] = {"cinnamon-screensaver", "gnome-screensaver", "gtklock",
	"hyprlock", "i3lock", "kde", "kde-fingerprint", "kde-smartcard", "kscreensaver",
	"mate-screensaver", "screen", "swaylock", "vlock", "waylock", "xfce4-screensaver",
	"xscreensaver", "xsecurelock", "xtrlock", NULL};

static bool is_among(const char *const *names, const char *name, size_t length)
{
	for (; *names != NULL; names++) {
		if (strlen(*names) == length && strncmp(*names, name, length) == 0)
			return true;
	}
	return false;
}

static bool is_among_all(const char *const *names, const char *name)
{
	return is_among(names, name, strlen(name));
}

/* The length of the name before ".so". */
static size_t name_length(const char *name)
{
	size_t length = strlen(name);

	return length > 3 && strcmp(name + length - 3, ".so") == 0 ? length - 3 : length;
}

static bool has_word(const struct pam_entry *entry, const char *word)
{
	for (int i = 0; i < entry->word_count; i++) {
		if (strcmp(entry->words[i], word) == 0)
			return true;
	}
	return false;
}

bool pam_module_takes_empty(const struct pam_entry *entry)
{
	const char *name = pam_entry_name(entry);

	/* The other is Debian's, for terminals of securetty. */
	return name_length(name) == strlen("pam_unix") &&
	       strncmp(name, "pam_unix", strlen("pam_unix")) == 0 &&
	       (has_word(entry, "nullok") || has_word(entry, "nullok_secure"));
}

const char *pam_module_excuse(const struct pam_entry *entry)
{
	const char *name = pam_entry_name(entry);
	size_t length = name_length(name);

	for (size_t i = 0; i < sizeof(excuses) / sizeof(excuses[0]); i++) {
		if (strlen(excuses[i].module) != length ||
			strncmp(excuses[i].module, name, length) != 0)
			continue;
		if (has_word(entry, excuses[i].word))
			return excuses[i].word;
	}
	return NULL;
}

enum pam_class pam_module_class(const struct pam_entry *entry, const char *service)
{
	const char *name = pam_entry_name(entry);
	size_t length = name_length(name);

	if (length == strlen("pam_rootok") && strncmp(name, "pam_rootok", length) == 0 &&
		is_among_all(set_user_id, service))
		return PAM_CLASS_ROOT;
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (!is_among(classes[i].names, name, length))
			continue;
		return classes[i].class == PAM_CLASS_PROVES && pam_module_excuse(entry) != NULL
		               ? PAM_CLASS_DECIDES
		               : classes[i].class;
	}
	return PAM_CLASS_UNKNOWN;
}

bool pam_module_is_local(const char *service)
{
	return is_among_all(set_user_id, service) || is_among_all(local, service) ||
	       is_among_all(of_user, service);
}

bool pam_module_is_of_user(const char *service)
{
	return is_among_all(of_user, service);
}

const char *pam_module_name(enum pam_class class, unsigned int number)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		const char *const *names = classes[i].names;

		if (classes[i].class != class)
			continue;
		while (number > 0 && *names != NULL) {
			names++;
			number--;
		}
		return *names;
	}
	return NULL;
}
