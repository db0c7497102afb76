#include "doctor_sshd_bars.h"

#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "sshd_config.h"

#define PATTERN_MAX 512
#define GROUPS_MAX 1024

static const struct finding_kind
	sshd_root = {"sshd-root", SEVERITY_NOTE,
		"the users table names root, as su and the console want it; sshd refuses root's "
		"answers"},
	sshd_barred = {"sshd-barred", SEVERITY_ERROR,
		"sshd lets in nobody whom the users table names"},
	sshd_barred_some = {
		"sshd-barred", SEVERITY_NOTE, "sshd refuses them, whatever they answer"};

static const char *const keywords[DOCTOR_BARS] = {
	"PermitRootLogin", "DenyUsers", "AllowUsers", "DenyGroups", "AllowGroups"};

/* As sshd: '*' is anything, '?' one character, and all else itself. */
static bool is_match(const char *name, const char *pattern)
{
	while (*pattern != '\0' && *pattern != '*') {
		if (*name == '\0' || (*pattern != '?' && *pattern != *name))
			return false;
		pattern++;
		name++;
	}
	if (*pattern == '\0')
		return *name == '\0';
	for (;; name++) {
		if (is_match(name, pattern + 1))
			return true;
		if (*name == '\0')
			return false;
	}
}

static bool has_list(const struct sshd_config *config, const char *keyword)
{
	char pattern[PATTERN_MAX];

	return sshd_config_value(config, keyword, 0, pattern, sizeof(pattern));
}

/* Whether a list names the user; `anywhere`: and no address, which not everybody comes from. */
static bool names_user(
	const struct sshd_config *config, const char *keyword, const char *user, bool anywhere)
{
	char pattern[PATTERN_MAX];

	for (size_t i = 0; sshd_config_value(config, keyword, i, pattern, sizeof(pattern)); i++) {
		char *at = strrchr(pattern, '@');

		if (at != NULL && anywhere)
			continue;
		if (at != NULL)
			*at = '\0';
		if (is_match(user, pattern))
			return true;
	}
	return false;
}

static bool names_group(
	const struct sshd_config *config, const char *keyword, const gid_t *groups, int count)
{
	char pattern[PATTERN_MAX];

	for (size_t i = 0; sshd_config_value(config, keyword, i, pattern, sizeof(pattern)); i++) {
		for (int j = 0; j < count; j++) {
			const struct group *group = getgrgid(groups[j]);

			if (group != NULL && is_match(group->gr_name, pattern))
				return true;
		}
	}
	return false;
}

static const char *bar_of_groups(const struct sshd_config *config, const char *user)
{
	const struct passwd *account = getpwnam(user);
	gid_t groups[GROUPS_MAX];
	int count = GROUPS_MAX;

	if (account == NULL || getgrouplist(user, account->pw_gid, groups, &count) < 0)
		return NULL;
	if (names_group(config, "DenyGroups", groups, count))
		return "DenyGroups";
	if (has_list(config, "AllowGroups") && !names_group(config, "AllowGroups", groups, count))
		return "AllowGroups";
	return NULL;
}

/* The keyword that keeps this user out; NULL if none does, or his groups can't be looked up. */
static const char *find_bar(const struct sshd_config *config, const char *user)
{
	const struct passwd *account = getpwnam(user);
	char permit[64];

	/* With any other value sshd refuses what root answers, whatever his name is. */
	if (account != NULL && account->pw_uid == 0 &&
		sshd_config_value(config, "PermitRootLogin", 0, permit, sizeof(permit)) &&
		strcmp(permit, "yes") != 0)
		return "PermitRootLogin";
	if (names_user(config, "DenyUsers", user, true))
		return "DenyUsers";
	if (has_list(config, "AllowUsers") && !names_user(config, "AllowUsers", user, false))
		return "AllowUsers";
	if (has_list(config, "DenyGroups") || has_list(config, "AllowGroups"))
		return bar_of_groups(config, user);
	return NULL;
}

void doctor_bars_note(struct doctor_bars *bars, const struct sshd_config *config, const char *user)
{
	const char *keyword = find_bar(config, user);

	for (size_t i = 0; keyword != NULL && i < DOCTOR_BARS; i++) {
		struct doctor_bar *bar = &bars->bars[i];

		if (strcmp(keywords[i], keyword) != 0)
			continue;
		if (bar->count++ == 0) {
			bar->config = config;
			text_init(&bar->names, bar->names_bytes, sizeof(bar->names_bytes));
		}
		bars->count++;
		doctor_sshd_add_name(&bar->names, user);
	}
}

/* Nobody is told to open what he may have shut. */
static void mend_bar(
	struct doctor *doctor, const struct doctor_bar *bar, const char *keyword, const char *first)
{
	char place[PATH_MAX + 64];
	struct sshd_line line;

	if (sshd_config_find(bar->config, keyword, &line))
		(void)snprintf(place, sizeof(place), "in line %ld of %s", line.number, line.file);
	else
		(void)snprintf(place, sizeof(place), "in " SSHD_CONFIG);
	if (strcmp(keyword, "PermitRootLogin") == 0)
		doctor_mend_elsewhere(doctor, MEND_CHOICE,
			"%s, unless root is to sign in by ssh: then PermitRootLogin yes %s",
			first[0] == '\0' ? "pam-wechat enroll USER" : "nothing", place);
	else if (strncmp(keyword, "Allow", 5) != 0)
		doctor_mend_elsewhere(doctor, MEND_CHOICE,
			"%stake them out of %s %s, then " SSHD_RELOAD, first, keyword, place);
	else if (strcmp(keyword, "AllowUsers") == 0)
		doctor_mend_elsewhere(doctor, MEND_CHOICE,
			"%sadd them to AllowUsers %s, then " SSHD_RELOAD, first, place);
	else
		doctor_mend_elsewhere(doctor, MEND_CHOICE,
			"%susermod -aG GROUP USER for each, GROUP being one of AllowGroups %s",
			first, place);
}

void doctor_bars_find(struct doctor *doctor, const struct doctor_bars *bars, size_t users)
{
	bool is_all = bars->count == users;

	for (size_t i = 0; i < DOCTOR_BARS; i++) {
		const struct doctor_bar *bar = &bars->bars[i];
		bool is_root = strcmp(keywords[i], "PermitRootLogin") == 0;
		const struct finding_kind *kind = is_all    ? &sshd_barred
		                                  : is_root ? &sshd_root
		                                            : &sshd_barred_some;
		struct sshd_line line;
		bool found;

		if (bar->count == 0)
			continue;
		found = sshd_config_find(bar->config, keywords[i], &line);
		doctor_find(doctor, kind, found ? line.file : SSHD_CONFIG, found ? line.number : 0,
			"%s keeps out %s%s", keywords[i], bar->names.bytes,
			bar->names.truncated ? "..." : "");
		mend_bar(doctor, bar, keywords[i], is_all ? "" : "if they are to sign in by ssh: ");
	}
}
