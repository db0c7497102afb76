#include "sshd_methods.h"

#include <string.h>

#include "sshd_config.h"
#include "text.h"

#define LISTS_MAX 2048 /* bytes of AuthenticationMethods */

static const struct {
	const char *name, *keyword;
} methods[SSHD_METHODS] = {
	[SSHD_PUBLICKEY] = {"publickey", "PubkeyAuthentication"},
	[SSHD_GSSAPI] = {"gssapi-with-mic", "GSSAPIAuthentication"},
	[SSHD_PASSWORD] = {"password", "PasswordAuthentication"},
	[SSHD_KEYBOARD] = {"keyboard-interactive", "KbdInteractiveAuthentication"},
	[SSHD_HOSTBASED] = {"hostbased", "HostbasedAuthentication"},
};

const char *sshd_method_keyword(enum sshd_method method)
{
	return methods[method].keyword;
}

/* The method of this name; SSHD_METHODS if there is none. */
static enum sshd_method find_method(const char *name, size_t length)
{
	int i = 0;

	while (i < SSHD_METHODS &&
		(strlen(methods[i].name) != length || memcmp(methods[i].name, name, length) != 0))
		i++;
	return (enum sshd_method)i;
}

enum sshd_method sshd_method_disabled(const char *said)
{
	static const char begins[] = "Disabled method \"";
	enum sshd_method found = SSHD_METHODS;

	while (found != SSHD_KEYBOARD && (said = strstr(said, begins)) != NULL) {
		enum sshd_method method;

		said += sizeof(begins) - 1;
		method = find_method(said, strcspn(said, "\":"));
		/* Without this one nothing else is of use. */
		if (found == SSHD_METHODS || method == SSHD_KEYBOARD)
			found = method;
	}
	return found;
}

static bool is_enabled(const struct sshd_config *config, enum sshd_method method)
{
	return method != SSHD_METHODS && sshd_config_is_on(config, methods[method].keyword);
}

static enum sshd_list judge_list(
	const struct sshd_config *config, const char *list, size_t length, struct sshd_lists *lists)
{
	const char *end = list + length;
	bool asks = false, leads = true, is_first = true, has_key = false;

	while (list < end) {
		size_t whole = strcspn(list, ", "), named = strcspn(list, ":, ");
		enum sshd_method method = find_method(list, named);
		/* Of its devices PAM is one. */
		bool is_pam = named == whole ||
		              (whole - named == 4 && memcmp(list + named, ":pam", 4) == 0);

		leads = leads && is_enabled(config, method) && method != SSHD_PASSWORD;
		if (method == SSHD_KEYBOARD) {
			leads = leads && is_pam;
			asks = true;
		}
		has_key = has_key || (is_first && method == SSHD_PUBLICKEY);
		is_first = false;
		list += whole + (list + whole < end);
	}
	lists->names_asking = lists->names_asking || asks;
	lists->begins_with_key = lists->begins_with_key || (asks && has_key);
	return !leads ? SSHD_LIST_NOWHERE : asks ? SSHD_LIST_ASKS : SSHD_LIST_AROUND;
}

void sshd_methods_read(const struct sshd_config *config, struct sshd_lists *lists)
{
	char value[LISTS_MAX];

	*lists = (struct sshd_lists){.asking = 0};
	(void)sshd_config_value(config, "authenticationmethods", 0, value, sizeof(value));
	if (value[0] == '\0' || strcmp(value, "any") == 0) {
		lists->has_any = true;
		return;
	}
	for (const char *at = value; *at != '\0';) {
		size_t length = strcspn(at, " ");

		switch (judge_list(config, at, length, lists)) {
		case SSHD_LIST_ASKS:
			lists->asking++;
			break;
		case SSHD_LIST_AROUND:
			lists->around++;
			break;
		case SSHD_LIST_NOWHERE:
			lists->nowhere++;
			break;
		}
		at += length;
		at += strspn(at, " ");
	}
}

/* The first method of a list, if all of them are on: sshd drops any other list. */
static unsigned int first_of(const struct sshd_config *config, const char *list, size_t length)
{
	enum sshd_method first = find_method(list, strcspn(list, ":, "));
	const char *end = list + length;

	while (list < end) {
		if (!is_enabled(config, find_method(list, strcspn(list, ":, "))))
			return 0;
		list += strcspn(list, ", ");
		list += list < end;
	}
	return 1U << first;
}

unsigned int sshd_methods_offered(const struct sshd_config *config)
{
	char value[LISTS_MAX];
	unsigned int set = 0;

	(void)sshd_config_value(config, "authenticationmethods", 0, value, sizeof(value));
	if (value[0] == '\0' || strcmp(value, "any") == 0) {
		for (int i = 0; i < SSHD_METHODS; i++)
			set |= is_enabled(config, (enum sshd_method)i) ? 1U << i : 0;
		return set;
	}
	for (const char *at = value; *at != '\0';) {
		size_t length = strcspn(at, " ");

		set |= first_of(config, at, length);
		at += length;
		at += strspn(at, " ");
	}
	return set;
}

unsigned int sshd_methods_parse(const char *names, size_t length)
{
	const char *end = names + length;
	unsigned int set = 0;

	while (names < end) {
		size_t named = strcspn(names, ",");
		enum sshd_method method;

		named = named < (size_t)(end - names) ? named : (size_t)(end - names);
		method = find_method(names, named);
		set |= method == SSHD_METHODS ? 0 : 1U << method;
		names += named + 1;
	}
	return set;
}

void sshd_methods_name(unsigned int set, char names[SSHD_METHODS_MAX])
{
	struct text text;

	text_init(&text, names, SSHD_METHODS_MAX);
	for (int i = 0; i < SSHD_METHODS; i++) {
		if ((set & 1U << i) != 0)
			text_addf(&text, "%s%s", text.length > 0 ? "," : "", methods[i].name);
	}
	if (set == 0)
		text_add(&text, "none");
}
