#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "display.h"
#include "ascii.h"

struct report {
	cJSON *whole; /* NULL: for people */
	cJSON *item;  /* where values go */
	cJSON *outer; /* where they go after report_leave() */
};

static void *need(void *made)
{
	if (made == NULL) {
		fputs("pam-wechat: out of memory\n", stderr);
		exit(1);
	}
	return made;
}

struct report *report_create(bool json)
{
	struct report *report = need(calloc(1, sizeof(*report)));

	if (json)
		ascii_end();
	if (json)
		report->item = report->whole = need(cJSON_CreateObject());
	return report;
}

static void add(struct report *report, const char *name, cJSON *value)
{
	if (!cJSON_AddItemToObject(report->item, name, need(value)))
		need(NULL);
}

/* Names of files, and lines of theirs, may hold anything: JSON is UTF-8, and terminals obey. */
static char *make_fit(const char *value)
{
	size_t length = strlen(value);
	char *made = need(malloc(length + 1));

	display_copy(made, length + 1, value, length);
	return made;
}

void report_string(struct report *report, const char *name, const char *value)
{
	char *shown = report->whole == NULL || value == NULL ? NULL : make_fit(value);

	if (report->whole != NULL)
		add(report, name, shown == NULL ? cJSON_CreateNull() : cJSON_CreateString(shown));
	free(shown);
}

void report_exact(struct report *report, const char *name, const char *value)
{
	if (report->whole != NULL)
		add(report, name, value == NULL ? cJSON_CreateNull() : cJSON_CreateString(value));
}

bool report_can_hold(const char *value)
{
	char *kept = need(malloc(strlen(value) + 1)), *shown;
	size_t length = 0;
	bool fits;

	/* JSON escapes these. */
	for (const char *at = value; *at != '\0'; at++) {
		if ((unsigned char)*at >= ' ')
			kept[length++] = *at;
	}
	kept[length] = '\0';
	shown = make_fit(kept);
	fits = strcmp(kept, shown) == 0 && display_find_invalid(kept, length) == length;
	free(kept);
	free(shown);
	return fits;
}

void report_enter(struct report *report, const char *name)
{
	if (report->whole == NULL)
		return;
	report->outer = report->item;
	report->item = need(cJSON_AddObjectToObject(report->item, name));
}

void report_leave(struct report *report)
{
	if (report->whole != NULL)
		report->item = report->outer;
}

void report_number(struct report *report, const char *name, long value)
{
	if (report->whole != NULL)
		add(report, name, cJSON_CreateNumber((double)value));
}

void report_flag(struct report *report, const char *name, bool value)
{
	if (report->whole != NULL)
		add(report, name, cJSON_CreateBool(value));
}

static cJSON *find_list(struct report *report, const char *list)
{
	cJSON *found = cJSON_GetObjectItemCaseSensitive(report->whole, list);

	return found != NULL ? found : need(cJSON_AddArrayToObject(report->whole, list));
}

void report_list(struct report *report, const char *list)
{
	if (report->whole != NULL)
		(void)find_list(report, list);
}

void report_item(struct report *report, const char *list)
{
	cJSON *item;

	if (report->whole == NULL)
		return;
	item = need(cJSON_CreateObject());
	if (!cJSON_AddItemToArray(find_list(report, list), item))
		need(NULL);
	report->item = item;
}

void report_line(struct report *report, const char *format, ...)
{
	char *whole = NULL;
	va_list arguments;
	int length;

	if (report->whole != NULL)
		return;
	va_start(arguments, format);
	length = vasprintf(&whole, format, arguments);
	va_end(arguments);
	if (length < 0)
		need(NULL);
	/* Line by line: ends of lines would be dropped as well. */
	for (char *at = whole; at != NULL;) {
		char *end = strchr(at, '\n');
		char *shown;

		if (end != NULL)
			*end = '\0';
		shown = make_fit(at);
		(void)puts(shown);
		free(shown);
		at = end == NULL ? NULL : end + 1;
	}
	free(whole);
}

void report_finish(struct report **report)
{
	char *printed;

	if ((*report)->whole != NULL) {
		printed = need(cJSON_Print((*report)->whole));
		(void)puts(printed);
		cJSON_free(printed);
		cJSON_Delete((*report)->whole);
	}
	free(*report);
	*report = NULL;
}
