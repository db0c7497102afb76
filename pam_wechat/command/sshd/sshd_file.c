#include "sshd_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file_update.h"
#include "problem.h"
#include "secret.h"
#include "sshd_config.h"
#include "sshd_methods.h"
#include "text.h"

static const char head[] =
	"# " SSHD_FILE ": what sshd needs in order to ask WeChat.\n"
	"# \"pam-wechat enable sshd --sshd-config\" writes this file, \"pam-wechat disable sshd\" "
	"removes it.\n"
	"# sshd takes the first value that it reads, and sshd_config has to include this folder at "
	"its top.\n"
	"# After a change: " SSHD_RELOAD "\n\n";

/* The lines, with what stands above them. */
static const struct {
	const char *above, *keyword, *value;
	bool is_of[SSHD_FORM_AFTER_KEY + 1];
} lines[] = {
	{"", "UsePAM", "yes", {false, true, true, true}},
	{"", "KbdInteractiveAuthentication", "yes", {false, true, true, true}},
	{"\n# sshd would answer the question with the password that was typed.\n",
		"PasswordAuthentication", "no", {false, true, true, true}},
	{"\n# As it is, a key alone lets in. --alone: no key is taken any more.\n",
		"AuthenticationMethods", "keyboard-interactive", {false, false, true, false}},
	{"\n# --after-key: a key, and then WeChat.\n", "AuthenticationMethods",
		"publickey,keyboard-interactive", {false, false, false, true}},
};
#define LINES (sizeof(lines) / sizeof(lines[0]))

void sshd_file_text(enum sshd_form form, char text[SSHD_FILE_MAX])
{
	struct text made;

	text_init(&made, text, SSHD_FILE_MAX);
	text_add(&made, head);
	for (size_t i = 0; i < LINES; i++)
		text_addf(&made, "%s%s%s %s\n", lines[i].above, lines[i].is_of[form] ? "" : "#",
			lines[i].keyword, lines[i].value);
}

static bool is_in_force(const struct sshd_config *config, size_t i)
{
	char value[1024];

	(void)sshd_config_value(config, lines[i].keyword, 0, value, sizeof(value));
	return strcmp(value, lines[i].value) == 0;
}

void sshd_file_lacks(enum sshd_form form, char found[SSHD_FILE_MAX])
{
	struct sshd_config *config = NULL;
	struct text made;

	text_init(&made, found, SSHD_FILE_MAX);
	if (sshd_config_ask(NULL, &config) == 0) {
		for (size_t i = 0; i < LINES; i++) {
			if (lines[i].is_of[form] && !is_in_force(config, i))
				text_addf(&made, "    %s %s\n", lines[i].keyword, lines[i].value);
		}
	}
	sshd_config_free(&config);
}

/* Which form of it a file is. Returns -EEXIST if it is none. */
static int find_form(const struct update *update, enum sshd_form *form)
{
	const struct secret *contents = file_update_contents(update);
	char text[SSHD_FILE_MAX];

	*form = SSHD_FORM_NONE;
	if (contents == NULL)
		return 0;
	for (int i = SSHD_FORM_OPEN; i <= SSHD_FORM_AFTER_KEY; i++) {
		sshd_file_text((enum sshd_form)i, text);
		if (contents->size - 1 == strlen(text) &&
			memcmp(contents->bytes, text, contents->size - 1) == 0) {
			*form = (enum sshd_form)i;
			return 0;
		}
	}
	return -EEXIST;
}

/* Makes the file what this form is, whichever it was. Returns 0, or -errno with the problem set. */
static int put(enum sshd_form form, enum sshd_form *before, struct problem *problem)
{
	char text[SSHD_FILE_MAX];
	struct update *update = NULL;
	int rv = file_update_open(SSHD_FILE, &update, problem);

	if (rv < 0)
		return rv;
	rv = find_form(update, before);
	sshd_file_text(form, text);
	if (rv < 0)
		problem_set(problem, rv,
			SSHD_FILE ": it is not as pam-wechat wrote it, and stays as it is");
	else if (form == SSHD_FORM_NONE)
		rv = file_update_remove(update, problem);
	else if (form != *before)
		rv = file_update_write(update, text, strlen(text), 0644, problem);
	file_update_close(&update);
	return rv;
}

/* The line of another file by which something else than ours is in force. */
static int complain_of_line(const struct sshd_config *config, size_t i, struct problem *problem)
{
	char value[1024];
	struct sshd_line line;

	(void)sshd_config_value(config, lines[i].keyword, 0, value, sizeof(value));
	if (!sshd_config_find(config, lines[i].keyword, &line))
		return problem_set(problem, -EINVAL, "%s is %s, whatever " SSHD_FILE " says",
			lines[i].keyword, value);
	return problem_set(problem, -EINVAL,
		"%s:%ld: this line wins over " SSHD_FILE ": remove it, or write \"%s %s\" there",
		line.file, line.number, lines[i].keyword, lines[i].value);
}

static int complain_of_refusal(const struct sshd_config *config, struct problem *problem)
{
	const char *said = sshd_config_said(config);
	int length = (int)strcspn(said, "\n");
	struct sshd_line line;

	if (sshd_method_disabled(said) != SSHD_METHODS &&
		sshd_config_find(config, "AuthenticationMethods", &line))
		return problem_set(problem, -EINVAL,
			"%s:%ld: sshd refuses this line beside " SSHD_FILE ": %.*s", line.file,
			line.number, length, said);
	return problem_set(problem, -EINVAL, "sshd -t says: %.*s", length, said);
}

/* Whether sshd reads the file and all of it is in force. Returns as sshd_file_write(). */
static int check(enum sshd_form form, struct problem *problem)
{
	struct sshd_config *config = NULL;
	int rv = sshd_config_ask(NULL, &config);

	if (rv < 0)
		return problem_set(problem, rv, SSHD_PROGRAM ": %s", strerror(-rv));
	/* Of ours there is nothing to complain but that it is included below a Match. */
	if (rv > 0 && strncmp(sshd_config_said(config), SSHD_FILE, sizeof(SSHD_FILE) - 1) == 0)
		rv = -ENOENT;
	else if (rv > 0)
		rv = complain_of_refusal(config, problem);
	else if (sshd_config_has_lines(config) && !sshd_config_takes(config, SSHD_FILE))
		rv = -ENOENT;
	for (size_t i = 0; rv == 0 && i < LINES; i++) {
		if (lines[i].is_of[form] && !is_in_force(config, i))
			rv = complain_of_line(config, i, problem);
	}
	sshd_config_free(&config);
	return rv;
}

int sshd_file_write(enum sshd_form form, enum sshd_form *before, struct problem *problem)
{
	struct problem other = {.text = ""};
	int rv;

	*before = SSHD_FORM_NONE;
	if (access(SSHD_PROGRAM, X_OK) < 0)
		return problem_set(problem, -EIO, "there is no " SSHD_PROGRAM);
	if (access(SSHD_FOLDER "/sshd_config.d", F_OK) < 0 && errno == ENOENT)
		return -ENOENT;
	rv = put(form, before, problem);
	if (rv < 0)
		return rv == -ENOENT ? -EIO : rv;
	rv = check(form, problem);
	if (rv < 0 && sshd_file_restore(*before, &other) < 0)
		return problem_set(problem, -EIO, "%s", other.text);
	return rv;
}

int sshd_file_restore(enum sshd_form before, struct problem *problem)
{
	enum sshd_form now;

	return put(before, &now, problem);
}

int sshd_file_remove(struct problem *problem)
{
	struct sshd_config *config = NULL;
	struct problem other = {.text = ""};
	enum sshd_form before = SSHD_FORM_NONE;
	int rv = access(SSHD_FILE, F_OK) < 0 ? 0 : put(SSHD_FORM_NONE, &before, problem);

	if (rv < 0 || before == SSHD_FORM_NONE)
		return rv;
	if (sshd_config_ask(NULL, &config) <= 0) {
		rv = 1;
	} else if (sshd_file_restore(before, &other) < 0) {
		rv = problem_set(problem, -EIO, "%s", other.text);
	} else {
		rv = complain_of_refusal(config, problem);
		problem_locate(problem, SSHD_FILE " stays: without it sshd would not start: ");
	}
	sshd_config_free(&config);
	return rv;
}
