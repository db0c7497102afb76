/* What mends a finding: made here, in a form that programs can apply. */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "doctor.h"
#include "paths.h"
#include "report.h"

#define UNITS "pam-wechat-helper.socket pam-wechat-helper"

static const char *const words[MEND_PLACES] = {
	[MEND_HERE] = "",
	[MEND_AGAIN] = "again",
	[MEND_CERTIFICATE] = "certificate",
	[MEND_CHOICE] = "choice",
	[MEND_DIRECTORY] = "directory",
	[MEND_DNS] = "dns",
	[MEND_FIREWALL] = "firewall",
	[MEND_PACKAGE] = "package",
	[MEND_PERSON] = "person",
	[MEND_POLICY] = "policy",
	[MEND_VALUE] = "value",
	[MEND_WEB_SERVER] = "web-server",
	[MEND_WECHAT] = "wechat",
};

const char *doctor_mend_word(enum mend_place place)
{
	return words[place];
}

static void *need(void *made)
{
	if (made == NULL) {
		fputs("pam-wechat doctor: out of memory\n", stderr);
		exit(1);
	}
	return made;
}

static char *format(const char *text, va_list arguments) __attribute__((format(printf, 1, 0)));

static char *format(const char *text, va_list arguments)
{
	char *made = NULL;

	return vasprintf(&made, text, arguments) < 0 ? need(NULL) : made;
}

static char *print(const char *text, ...) __attribute__((format(printf, 1, 2)));

static char *print(const char *text, ...)
{
	va_list arguments;
	char *made;

	va_start(arguments, text);
	made = format(text, arguments);
	va_end(arguments);
	return made;
}

void doctor_mend_free(struct mend *mend)
{
	free(mend->text);
	free(mend->file);
	free(mend->old);
	free(mend->new);
	free(mend->then);
	free(mend->command);
	*mend = (struct mend){.text = NULL};
}

/* The mend of the finding that was added last, without what was said of it before. */
static struct mend *begin(struct doctor *doctor)
{
	struct mend *mend = &doctor->findings[doctor->count - 1].mend;

	doctor_mend_free(mend);
	return mend;
}

void doctor_mend_add(struct doctor *doctor, const char *text, ...)
{
	struct mend *mend = &doctor->findings[doctor->count - 1].mend;
	char *before = mend->text, *added;
	va_list arguments;

	va_start(arguments, text);
	added = format(text, arguments);
	va_end(arguments);
	mend->text = print("%s%s", before, added);
	free(before);
	free(added);
}

void doctor_mend_elsewhere(struct doctor *doctor, enum mend_place place, const char *text, ...)
{
	struct mend *mend = begin(doctor);
	va_list arguments;

	mend->place = place;
	va_start(arguments, text);
	mend->text = format(text, arguments);
	va_end(arguments);
}

void doctor_mend_command(struct doctor *doctor, const char *command, ...)
{
	struct mend *mend = begin(doctor);
	va_list arguments;

	va_start(arguments, command);
	mend->command = format(command, arguments);
	va_end(arguments);
	mend->text = need(strdup(mend->command));
	/* Names of files may hold anything. */
	if (!report_can_hold(mend->command)) {
		free(mend->command);
		mend->command = NULL;
		mend->place = MEND_VALUE;
	}
}

/* Whether a line goes on behind its end, as PAM's may. */
static bool goes_on(const char *file, const char *line)
{
	size_t length = strlen(line);

	return strstr(file, "/pam.d/") != NULL && length > 0 && line[length - 1] == '\\';
}

char *doctor_line(const char *file, long line)
{
	FILE *stream = fopen(file, "re");
	char *whole = NULL, *text = NULL;
	size_t size = 0;
	bool more = true;

	for (long number = 1; stream != NULL && more && getline(&text, &size, stream) >= 0;
		number++) {
		char *before = whole;

		text[strcspn(text, "\n")] = '\0';
		if (number < line)
			continue;
		whole = before == NULL ? need(strdup(text)) : print("%s\n%s", before, text);
		free(before);
		more = goes_on(file, text);
	}
	free(text);
	if (stream != NULL)
		(void)fclose(stream);
	return whole;
}

enum change { CHANGES, INSERTS, REMOVES };

/* For people, who read one line. */
static char *quote_lines(const char *lines)
{
	char *shown = need(calloc(1, 4 * strlen(lines) + 1)), *to = shown;

	for (; *lines != '\0'; lines++) {
		if (*lines == '\n')
			to = stpcpy(to, "\", \"");
		else
			*to++ = *lines;
	}
	return shown;
}

static char *say(enum change what, const char *file, long line, const char *new)
{
	char *shown = quote_lines(new == NULL ? "" : new), *made;

	if (what == REMOVES)
		made = print("remove line %ld of %s", line, file);
	else if (what == CHANGES)
		made = print("write \"%s\" in line %ld of %s", shown, line, file);
	else if (line > 0)
		made = print("add \"%s\" to %s, above line %ld", shown, file, line);
	else
		made = print("add \"%s\" at the end of %s", shown, file);
	free(shown);
	return made;
}

/* Takes `new`, which is NULL for a line that is removed. */
static void change(struct doctor *doctor, enum change what, const char *file, long line, char *new)
{
	char *old = what == INSERTS ? need(strdup("")) : doctor_line(file, line);
	struct mend *mend = begin(doctor);

	mend->text = say(what, file, line, new);
	if (old == NULL || !report_can_hold(old) || !report_can_hold(file) ||
		(new != NULL && !report_can_hold(new))) {
		mend->place = MEND_VALUE;
		free(old);
		free(new);
		return;
	}
	mend->file = need(strdup(file));
	mend->line = line;
	mend->old = old;
	mend->new = new;
}

void doctor_mend_line(struct doctor *doctor, const char *file, long line, const char *text, ...)
{
	va_list arguments;
	char *new;

	va_start(arguments, text);
	new = format(text, arguments);
	va_end(arguments);
	change(doctor, CHANGES, file, line, new);
}

void doctor_mend_insert(struct doctor *doctor, const char *file, long line, const char *text, ...)
{
	va_list arguments;
	char *new;

	va_start(arguments, text);
	new = format(text, arguments);
	va_end(arguments);
	change(doctor, INSERTS, file, line, new);
}

void doctor_mend_remove(struct doctor *doctor, const char *file, long line)
{
	change(doctor, REMOVES, file, line, NULL);
}

void doctor_mend_key(struct doctor *doctor, const char *file, const char *key, const char *value)
{
	long line = doctor_line_of(file, key);

	if (line > 0)
		doctor_mend_line(doctor, file, line, "%s = %s", key, value);
	else
		doctor_mend_insert(doctor, file, 0, "%s = %s", key, value);
}

void doctor_mend_then(struct doctor *doctor, const char *command)
{
	struct mend *mend = &doctor->findings[doctor->count - 1].mend;
	char *before = mend->command;

	if (before != NULL) {
		mend->command = print("%s && %s", before, command);
		free(before);
		free(mend->text);
		mend->text = need(strdup(mend->command));
		return;
	}
	doctor_mend_add(doctor, ", then %s", command);
	if (mend->file != NULL)
		mend->then = need(strdup(command));
}

static const char *keep(struct doctor *doctor, char *made)
{
	doctor->kept =
		need(realloc(doctor->kept, (doctor->kept_count + 1) * sizeof(*doctor->kept)));
	doctor->kept[doctor->kept_count++] = made;
	return made;
}

const char *doctor_quote(struct doctor *doctor, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_./:,@%+=-";
	char *made, *at;

	if (word[0] != '\0' && strspn(word, plain) == strlen(word))
		return word;
	at = made = need(malloc(4 * strlen(word) + 3));
	*at++ = '\'';
	for (; *word != '\0'; word++) {
		if (*word == '\'')
			at = stpcpy(at, "'\\'");
		*at++ = *word;
	}
	*at++ = '\'';
	*at = '\0';
	return keep(doctor, made);
}

const char *doctor_conf_option(struct doctor *doctor)
{
	return strcmp(doctor->conf, PATH_CONF) == 0
	               ? ""
	               : keep(doctor, print(" --conf %s", doctor_quote(doctor, doctor->conf)));
}

/* Whether another init than systemd runs the helper. */
static bool is_openrc(void)
{
	return access("/run/systemd/system", F_OK) < 0 && access("/run/openrc", F_OK) == 0;
}

const char *doctor_command_start(void)
{
	return is_openrc() ? "rc-update add pam-wechat-helper && rc-service pam-wechat-helper start"
	                   : "systemctl enable " UNITS " && systemctl restart " UNITS;
}

const char *doctor_command_restart(void)
{
	return is_openrc() ? "rc-service pam-wechat-helper restart" : "systemctl restart " UNITS;
}

const char *doctor_command_reload(void)
{
	return is_openrc() ? "rc-service pam-wechat-helper reload"
	                   : "systemctl reload pam-wechat-helper";
}

void doctor_mend_missing(struct doctor *doctor, const char *sample, const char *mode)
{
	const char *slash = strrchr(doctor->conf, '/');
	int length = slash == NULL ? 0 : (int)(slash - doctor->conf);
	bool is_usual = strcmp(doctor->conf, PATH_CONF) == 0;

	doctor_mend_elsewhere(doctor, MEND_VALUE,
		"pam-wechat setup%s%.*s; or, where the other files are good: install -m %s %s/%s "
		"%.*s/, and change what it has to say",
		is_usual ? "" : " --dir ", is_usual ? 0 : length, doctor->conf, mode, PATH_EXAMPLES,
		sample, length, doctor->conf);
}

void doctor_mend_users(struct doctor *doctor)
{
	doctor_mend_elsewhere(doctor, MEND_PERSON, "pam-wechat enroll USER%s, for each person",
		doctor_conf_option(doctor));
}

void doctor_mend_account(struct doctor *doctor, const char *file, const char *key, const char *user)
{
	const char *usual = strcmp(key, "user") == 0 ? "pam-wechat" : "pam-wechat-exchange";
	long line = doctor_line_of(file, key);
	struct account account;

	if (line > 0 && account_find(&account, usual) == 0) {
		account_finish(&account);
		doctor_mend_key(doctor, file, key, usual);
	} else {
		doctor_mend_command(doctor,
			"useradd --system --no-create-home --shell /usr/sbin/nologin %s",
			doctor_quote(doctor, user));
	}
	/* Its socket has that user's group. */
	doctor_mend_then(doctor, doctor_command_restart());
}

void doctor_mend_trust(struct doctor *doctor, const char *problem, const char *mode)
{
	const char *end = strstr(problem, ": ");
	char *path;
	const char *file;

	if (end == NULL)
		return;
	path = need(strndup(problem, (size_t)(end - problem)));
	file = doctor_quote(doctor, path);
	if (strstr(end, "not a directory") != NULL)
		doctor_mend_elsewhere(doctor, MEND_CHOICE,
			"put a directory there, or write the path that readlink -f %s says", file);
	else if (strstr(end, "symbolic link") != NULL)
		doctor_mend_command(doctor,
			"cp --remove-destination \"$(readlink -f %s)\" %s && chown root:root %s && "
			"chmod %s %s",
			file, file, file, mode, file);
	else if (strstr(end, "this directory") != NULL)
		doctor_mend_command(doctor, "chown root %s && chmod go-w %s", file, file);
	else
		doctor_mend_command(doctor, "chown root:root %s && chmod %s %s", file, mode, file);
	free(path);
}
