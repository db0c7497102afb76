#include "doctor.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decimal.h"
#include "plain.h"
#include "text.h"

static void *need(void *made)
{
	if (made == NULL) {
		fputs("pam-wechat doctor: out of memory\n", stderr);
		exit(1);
	}
	return made;
}

static char *format(const char *words, va_list arguments) __attribute__((format(printf, 1, 0)));

static char *format(const char *words, va_list arguments)
{
	char *made = NULL;

	return vasprintf(&made, words, arguments) < 0 ? need(NULL) : made;
}

static bool is_same(const struct finding *a, const struct finding *b)
{
	if (a->kind != b->kind || a->line != b->line)
		return false;
	if (a->file != NULL && b->file != NULL && strcmp(a->file, b->file) != 0)
		return false;
	return (a->line > 0 && a->file != NULL && b->file != NULL) || strcmp(a->what, b->what) == 0;
}

static void drop(struct finding *finding)
{
	free(finding->what);
	doctor_mend_free(&finding->mend);
	free(finding->file);
}

static void add(struct doctor *doctor, const struct finding *finding)
{
	doctor->findings =
		need(realloc(doctor->findings, (doctor->count + 1) * sizeof(*doctor->findings)));
	doctor->findings[doctor->count++] = *finding;
}

void doctor_find(struct doctor *doctor, const struct finding_kind *kind, const char *file,
	long line, const char *what, ...)
{
	struct finding finding = {.kind = kind, .line = line};
	va_list arguments;

	va_start(arguments, what);
	finding.what = format(what, arguments);
	va_end(arguments);
	finding.mend.text = need(strdup(""));
	finding.file = file == NULL ? NULL : need(strdup(file));
	add(doctor, &finding);
}

bool doctor_mend_plain(struct doctor *doctor, const char *path)
{
	static const char file[] = "FILE";
	struct finding *last = &doctor->findings[doctor->count - 1];
	char *said = strstr(last->what, PLAIN_MEND);
	char command[PATH_MAX + 512];
	struct text text;

	if (said == NULL)
		return false;
	text_init(&text, command, sizeof(command));
	for (const char *at = said + strlen(PLAIN_MEND); *at != '\0';) {
		const char *next = strstr(at, file);

		text_add_bytes(&text, at, next == NULL ? strlen(at) : (size_t)(next - at));
		text_add(&text, next == NULL ? "" : doctor_quote(doctor, path));
		at = next == NULL ? "" : next + strlen(file);
	}
	doctor_mend_command(doctor, "%s", command);
	*said = '\0';
	return true;
}

void doctor_find_problem(
	struct doctor *doctor, const struct finding_kind *kind, const char *problem)
{
	const char *end = problem[0] == '/' ? strstr(problem, ": ") : NULL;
	char *file = NULL;
	char *colon;
	long line = 0;

	if (end != NULL) {
		file = need(strndup(problem, (size_t)(end - problem)));
		colon = strrchr(file, ':');
		if (colon != NULL)
			line = (long)decimal_parse_string(colon + 1, 1, LONG_MAX);
		if (line > 0)
			*colon = '\0';
		problem = end + 2;
	}
	doctor_find(doctor, kind, file, line < 0 ? 0 : line, "%s", problem);
	free(file);
}

void doctor_tidy(struct doctor *doctor)
{
	size_t kept = 0;

	for (size_t i = 0; i < doctor->count; i++) {
		bool is_new = true;

		for (size_t j = 0; j < kept; j++)
			is_new = is_new && !is_same(&doctor->findings[j], &doctor->findings[i]);
		if (is_new)
			doctor->findings[kept++] = doctor->findings[i];
		else
			drop(&doctor->findings[i]);
	}
	doctor->count = kept;
}

long doctor_line_of(const char *path, const char *key)
{
	FILE *file = fopen(path, "re");
	size_t length = strlen(key), size = 0;
	char *line = NULL;
	long number = 0;
	bool found = false;

	while (!found && file != NULL && getline(&line, &size, file) >= 0) {
		const char *at = line + strspn(line, " \t");

		number++;
		found = strncmp(at, key, length) == 0 && strchr(" \t=", at[length]) != NULL &&
		        at[length] != '\0';
	}
	free(line);
	if (file != NULL)
		(void)fclose(file);
	return found ? number : 0;
}

const struct doctor_service *doctor_service(const struct doctor *doctor, const char *name)
{
	for (size_t i = 0; i < doctor->service_count; i++) {
		if (strcmp(doctor->services[i].name, name) == 0)
			return &doctor->services[i];
	}
	return NULL;
}

void doctor_finish(struct doctor *doctor)
{
	while (doctor->count > 0)
		drop(&doctor->findings[--doctor->count]);
	free(doctor->findings);
	while (doctor->kept_count > 0)
		free(doctor->kept[--doctor->kept_count]);
	free(doctor->kept);
	free(doctor->helper_listen);
	free(doctor->helper_figures);
	free(doctor->helper_public_url);
	doctor_end_network(doctor);
	settings_finish(&doctor->settings);
}
