#include "sshd_config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "decimal.h"
#include "subprocess.h"
#include "text.h"

/* With all lines of a long configuration in it, twice. */
#define OUTPUT_MAX 262144
#define SPEC_MAX 512

struct sshd_config {
	char *said;
	char *trace; /* the lines of -ddd, without what all begin with */
};

/* How sshd calls a file that it reads once more, for the sake of Match. */
static const char again[] = "reprocess config";

/* Of one option; sshd knows those of its earlier releases. */
static const char *const spellings[][3] = {
	{"KbdInteractiveAuthentication", "ChallengeResponseAuthentication", "SkeyAuthentication"},
	{"PubkeyAuthentication", "DSAAuthentication", NULL},
};

static bool is_spelling(const char *word, size_t length, const char *keyword)
{
	if (strlen(keyword) == length && strncasecmp(word, keyword, length) == 0)
		return true;
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		if (strcasecmp(spellings[i][0], keyword) != 0)
			continue;
		for (size_t j = 1; j < 3 && spellings[i][j] != NULL; j++) {
			if (strlen(spellings[i][j]) == length &&
				strncasecmp(word, spellings[i][j], length) == 0)
				return true;
		}
	}
	return false;
}

/* Tells the lines of -ddd from all others, "\n" behind each. */
static void sort_lines(struct sshd_config *config, const char *output)
{
	char *said = config->said, *trace = config->trace;

	while (*output != '\0') {
		size_t length = strcspn(output, "\n");
		size_t shown = length > 0 && output[length - 1] == '\r' ? length - 1 : length;
		bool is_trace =
			strncmp(output, "debug", 5) == 0 && strncmp(output + 6, ": ", 2) == 0;
		char **end = is_trace ? &trace : &said;

		*end = mempcpy(*end, output + (is_trace ? 8 : 0), shown - (is_trace ? 8 : 0));
		*(*end)++ = '\n';
		output += length + (output[length] == '\n');
	}
	*said = *trace = '\0';
}

static int run(const char *spec, struct sshd_config *config)
{
	const char *argv[] = {SSHD_PROGRAM, "-T", "-ddd", NULL, NULL, NULL};
	char *output = malloc(OUTPUT_MAX);
	int rv = -ENOMEM;

	config->said = malloc(OUTPUT_MAX + 1);
	config->trace = malloc(OUTPUT_MAX + 1);
	if (output != NULL && config->said != NULL && config->trace != NULL) {
		if (spec != NULL) {
			argv[3] = "-C";
			argv[4] = spec;
		}
		rv = subprocess_run(argv, output, OUTPUT_MAX);
		sort_lines(config, output);
	}
	free(output);
	return rv;
}

int sshd_config_ask(const struct sshd_client *client, struct sshd_config **config)
{
	char spec[SPEC_MAX];
	int rv = 0;

	*config = calloc(1, sizeof(**config));
	if (*config == NULL)
		return -ENOMEM;
	/* A Match that asks for what is not named here would end sshd -T. */
	if (client != NULL)
		rv = text_format(spec, sizeof(spec),
			"user=%s,host=%s,addr=%s,laddr=%s,lport=%ld,rdomain=", client->user,
			client->from, client->from, client->to, client->port);
	if (rv == 0)
		rv = run(client == NULL ? NULL : spec, *config);
	if (rv < 0)
		sshd_config_free(config);
	return rv;
}

void sshd_config_free(struct sshd_config **config)
{
	if (*config == NULL)
		return;
	free((*config)->said);
	free((*config)->trace);
	free(*config);
	*config = NULL;
}

const char *sshd_config_said(const struct sshd_config *config)
{
	return config->said;
}

static const char *next_line(const char *line)
{
	return line + strcspn(line, "\n") + 1;
}

bool sshd_config_value(const struct sshd_config *config, const char *keyword, size_t index,
	char *value, size_t size)
{
	size_t length = strlen(keyword);

	value[0] = '\0';
	for (const char *at = config->said; *at != '\0'; at = next_line(at)) {
		if (strncasecmp(at, keyword, length) != 0 || at[length] != ' ' || index-- > 0)
			continue;
		at += length + 1;
		(void)snprintf(value, size, "%.*s", (int)strcspn(at, "\n"), at);
		return true;
	}
	return false;
}

bool sshd_config_is_on(const struct sshd_config *config, const char *keyword)
{
	char value[64];

	return sshd_config_value(config, keyword, 0, value, sizeof(value)) &&
	       strcmp(value, "yes") == 0;
}

/*
 * Takes "FILE:LINE setting KEYWORD VALUE" apart. Returns the keyword, or NULL if the line is
 * another one; *file_length is that of the file's name, at the beginning.
 */
static const char *parse_setting(const char *at, size_t *file_length, long *number)
{
	static const char words[] = " setting ";
	size_t end = strcspn(at, "\n");
	const char *colon = at, *rest;
	size_t digits;

	/* The name of a file may hold a colon. */
	while ((colon = memchr(colon, ':', end - (size_t)(colon - at))) != NULL) {
		digits = decimal_span(colon + 1);
		rest = colon + 1 + digits;
		if (digits > 0 && strncmp(rest, words, sizeof(words) - 1) == 0) {
			*file_length = (size_t)(colon - at);
			*number = (long)decimal_parse(colon + 1, digits, 1, LONG_MAX);
			return rest + sizeof(words) - 1;
		}
		colon++;
	}
	return NULL;
}

bool sshd_config_has_lines(const struct sshd_config *config)
{
	size_t length;
	long number;

	for (const char *at = config->trace; *at != '\0'; at = next_line(at)) {
		if (parse_setting(at, &length, &number) != NULL)
			return true;
	}
	return false;
}

/* Whether sshd begins here to read what stands below a Match that is the client's. */
static bool is_second_reading(const char *at)
{
	static const char begins[] = "parse_server_config_depth: config ";

	return strncmp(at, begins, sizeof(begins) - 1) == 0 &&
	       strncmp(at + sizeof(begins) - 1, again, sizeof(again) - 1) == 0;
}

/*
 * The first line that sets an option wins, among those below a Match and among the others, and one
 * below a Match wins over all others.
 */
bool sshd_config_find(const struct sshd_config *config, const char *keyword, struct sshd_line *line)
{
	bool is_match = false, found = false;
	size_t length;
	long number;

	*line = (struct sshd_line){.number = 0};
	for (const char *at = config->trace; *at != '\0'; at = next_line(at)) {
		const char *word = parse_setting(at, &length, &number);

		is_match = is_match || is_second_reading(at);
		if (word == NULL || !is_spelling(word, strcspn(word, " \t=\n"), keyword) ||
			(found && line->is_match == is_match))
			continue;
		if (length == sizeof(again) - 1 && strncmp(at, again, length) == 0)
			(void)snprintf(line->file, sizeof(line->file), "%s", SSHD_CONFIG);
		else
			(void)snprintf(line->file, sizeof(line->file), "%.*s", (int)length, at);
		line->number = number;
		line->is_match = is_match;
		found = true;
	}
	return found;
}

bool sshd_config_takes(const struct sshd_config *config, const char *file)
{
	size_t length;
	long number;

	for (const char *at = config->trace; *at != '\0'; at = next_line(at)) {
		if (parse_setting(at, &length, &number) != NULL && strlen(file) == length &&
			strncmp(at, file, length) == 0)
			return true;
	}
	return false;
}

bool sshd_config_match(const struct sshd_config *config, size_t index, char *words, size_t size)
{
	static const char checking[] = "checking syntax for 'Match ";

	for (const char *at = config->trace; *at != '\0'; at = next_line(at)) {
		if (strncmp(at, checking, sizeof(checking) - 1) != 0 || index-- > 0)
			continue;
		at += sizeof(checking) - 1;
		/* OpenSSH 10 says it twice. */
		if (strncasecmp(at, "Match ", 6) == 0)
			at += 6;
		(void)snprintf(words, size, "%.*s", (int)strcspn(at, "'\n"), at);
		return true;
	}
	return false;
}

int sshd_config_release(const struct sshd_config *config)
{
	static const char name[] = "sshd version OpenSSH_";
	const char *at = strstr(config->trace, name);
	size_t major, minor;

	if (at == NULL)
		return 0;
	at += sizeof(name) - 1;
	major = decimal_span(at);
	minor = at[major] == '.' ? decimal_span(at + major + 1) : 0;
	if (major == 0 || minor == 0)
		return 0;
	return (int)(100 * decimal_parse(at, major, 0, 99) +
		     decimal_parse(at + major + 1, minor, 0, 99));
}

bool sshd_config_names_service(void)
{
	static const char *const argv[] = {SSHD_PROGRAM, "-t", "-o", "PAMServiceName=sshd", NULL};
	char said[512];

	/* Its files may be wrong, which is another matter. */
	return subprocess_run(argv, said, sizeof(said)) >= 0 &&
	       strstr(said, "PAMServiceName") == NULL;
}
