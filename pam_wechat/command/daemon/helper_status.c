#include "helper_status.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "decimal.h"
#include "http_get.h"
#include "problem.h"
#include "text.h"

#define ANSWER_SECONDS 3

/* Reads the number behind a word of the answer; -1 if it isn't there. */
static long number_after(const char *answer, const char *word)
{
	const char *found = strstr(answer, word);
	int64_t number;

	if (found == NULL)
		return -1;
	found += strlen(word);
	number = decimal_parse(found, decimal_span(found), 0, LONG_MAX);
	return number < 0 ? -1 : (long)number;
}

/* Copies the label that stands behind these words of the answer, or "". Returns what follows it. */
static const char *copy_label(const char *answer, const char *before, char *label, size_t size)
{
	const char *found = strstr(answer, before);
	size_t length;

	label[0] = '\0';
	if (found == NULL)
		return "";
	found += strlen(before);
	length = strcspn(found, "\"\n");
	if (text_format(label, size, "%.*s", (int)length, found) < 0)
		label[0] = '\0';
	return found + length;
}

int helper_status_ask_health(const char *listen, struct problem *problem)
{
	/* Listening everywhere is reached here as well: 0.0.0.0 and [::] lead to this machine. */
	char base[256];
	const struct http_get request = {
		.base = base, .path = "/healthz", .seconds = ANSWER_SECONDS};
	struct http_answer answer;
	int rv = text_format(base, sizeof(base), "http://%s", listen);

	if (rv == 0)
		rv = http_get(&request, &answer);
	if (rv < 0)
		return problem_set(problem, rv, "%s/healthz: %s", base, strerror(-rv));
	if (answer.reason != REASON_NONE)
		return problem_set(problem, -ENOTCONN, "%s/healthz: no connection", base);
	if (answer.status != 200 || strncmp(answer.body, "ok", 2) != 0)
		return problem_set(problem, -EPROTO,
			"%s/healthz: something else than the helper answers there", base);
	return 0;
}

int helper_status_ask_metrics(
	const char *path, struct helper_status *helper_status, struct problem *problem)
{
	const struct http_get request = {.base = "http://localhost",
		.path = "/metrics",
		.socket = path,
		.seconds = ANSWER_SECONDS};
	struct http_answer answer;
	const char *rest;
	long pending;
	int rv = http_get(&request, &answer);

	if (rv < 0)
		return problem_set(problem, rv, "%s: %s", path, strerror(-rv));
	if (answer.reason != REASON_NONE)
		return problem_set(problem, -ENOTCONN, "%s: no connection", path);
	pending = answer.status == 200 ? number_after(answer.body, "\npam_wechat_pending_logins ")
	                               : -1;
	if (pending < 0)
		return problem_set(
			problem, -EPROTO, "%s: these are not the helper's figures", path);
	helper_status->pending = pending;
	helper_status->loopback = number_after(answer.body, "\npam_wechat_logins_loopback_total ");
	helper_status->remote = number_after(answer.body, "\npam_wechat_logins_remote_total ");
	helper_status->last_in =
		number_after(answer.body, "\npam_wechat_last_sign_in_timestamp_seconds ");
	(void)copy_label(answer.body, "\npam_wechat_helper_info{version=\"", helper_status->version,
		sizeof(helper_status->version));
	rest = copy_label(answer.body, "\npam_wechat_last_failure_timestamp_seconds{reason=\"",
		helper_status->failure, sizeof(helper_status->failure));
	helper_status->last_failed =
		helper_status->failure[0] == '\0' ? -1 : number_after(rest, "\"} ");
	return 0;
}
