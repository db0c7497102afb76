#include "metrics.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#include "text.h"

static const struct {
	int64_t ms;
	const char *seconds;
} limits[METRICS_BUCKETS] = {
	{50, "0.05"},
	{100, "0.1"},
	{250, "0.25"},
	{500, "0.5"},
	{1000, "1"},
	{2500, "2.5"},
	{5000, "5"},
	{10000, "10"},
};

/* What a RESULT may say. All are listed, so that a first refusal is seen to be a step up. */
static const bool is_listed[REASON_COUNT] = {
	[REASON_NOBODY] = true, /* another code had won */
	[REASON_NOT_LINKED] = true,
	[REASON_SNAPSHOT] = true,
	[REASON_RISK] = true,
	[REASON_CODE] = true,
	[REASON_BUSY] = true,
	[REASON_SETUP] = true,
	[REASON_UNREACHABLE] = true,
	[REASON_BAD_ANSWER] = true,
	[REASON_TOO_MANY] = true,
	[REASON_REPORTED] = true,
	[REASON_INTERNAL] = true,
};

/* Names and local origins are no addresses: neither number counts them. */
void metrics_start(struct metrics *metrics, const char *origin)
{
	struct in6_addr address;

	metrics->started++;
	if (strncmp(origin, "127.", 4) == 0 || strcmp(origin, "::1") == 0)
		metrics->loopback++;
	else if (inet_pton(AF_INET, origin, &address) == 1 ||
		 inet_pton(AF_INET6, origin, &address) == 1)
		metrics->remote++;
}

void metrics_end(struct metrics *metrics, enum reason reason)
{
	if (reason == REASON_NONE) {
		metrics->signed_in++;
		metrics->last_in = time(NULL);
	} else {
		metrics->last_failed = time(NULL);
		metrics->failure = reason;
	}
}

void metrics_refuse(struct metrics *metrics, enum reason reason)
{
	metrics->refused[is_listed[reason] ? reason : REASON_INTERNAL]++;
}

void metrics_observe(struct metrics *metrics, int64_t ms)
{
	for (size_t i = 0; i < METRICS_BUCKETS; i++) {
		if (ms <= limits[i].ms) {
			metrics->buckets[i]++;
			break;
		}
	}
	metrics->results++;
	metrics->results_ms += (uint64_t)ms;
}

static void begin(struct text *text, const char *name, const char *type, const char *help)
{
	text_addf(
		text, "# HELP pam_wechat_%s %s\n# TYPE pam_wechat_%s %s\n", name, help, name, type);
}

static void add(
	struct text *text, const char *name, const char *type, const char *help, uint64_t number)
{
	begin(text, name, type, help);
	text_addf(text, "pam_wechat_%s %llu\n", name, (unsigned long long)number);
}

static void add_failure(struct text *text, const struct metrics *metrics)
{
	begin(text, "last_failure_timestamp_seconds", "gauge",
		"When a login last ended otherwise, and why; 0 if none did since the start.");
	text_addf(text, "pam_wechat_last_failure_timestamp_seconds{reason=\"%s\"} %llu\n",
		reason_word(metrics->failure), (unsigned long long)metrics->last_failed);
}

static void add_refused(struct text *text, const struct metrics *metrics)
{
	begin(text, "results_refused_total", "counter", "Codes of WeChat's that led to a refusal.");
	for (int reason = 0; reason < REASON_COUNT; reason++) {
		if (is_listed[reason])
			text_addf(text, "pam_wechat_results_refused_total{reason=\"%s\"} %llu\n",
				reason_word((enum reason)reason),
				(unsigned long long)metrics->refused[reason]);
	}
}

static void add_seconds(struct text *text, const struct metrics *metrics)
{
	unsigned long long sum = 0;

	begin(text, "callback_seconds", "histogram", "From a phone's callback to the result.");
	for (size_t i = 0; i < METRICS_BUCKETS; i++) {
		sum += metrics->buckets[i];
		text_addf(text, "pam_wechat_callback_seconds_bucket{le=\"%s\"} %llu\n",
			limits[i].seconds, sum);
	}
	text_addf(text,
		"pam_wechat_callback_seconds_bucket{le=\"+Inf\"} %llu\n"
		"pam_wechat_callback_seconds_sum %llu.%03llu\n"
		"pam_wechat_callback_seconds_count %llu\n",
		(unsigned long long)metrics->results,
		(unsigned long long)metrics->results_ms / 1000,
		(unsigned long long)metrics->results_ms % 1000,
		(unsigned long long)metrics->results);
}

void metrics_write(
	const struct metrics *metrics, size_t pending, size_t connections, struct text *text)
{
	begin(text, "helper_info", "gauge", "The version of the helper that runs.");
	text_add(text, "pam_wechat_helper_info{version=\"" PAM_WECHAT_VERSION "\"} 1\n");
	add(text, "pending_logins", "gauge", "Logins that wait for a phone.", pending);
	add(text, "connections", "gauge", "Open connections of browsers or proxies.", connections);
	add(text, "logins_started_total", "counter", "Logins that were registered.",
		metrics->started);
	add(text, "logins_loopback_total", "counter",
		"Logins from an address of loopback, as through a tunnel.", metrics->loopback);
	add(text, "logins_remote_total", "counter", "Logins from any other address.",
		metrics->remote);
	add(text, "logins_completed_total", "counter", "Logins that a phone finished.",
		metrics->completed);
	add(text, "logins_signed_in_total", "counter", "Logins that the host let in.",
		metrics->signed_in);
	add(text, "last_sign_in_timestamp_seconds", "gauge",
		"When the host last let somebody in; 0 if not since the start.",
		(uint64_t)metrics->last_in);
	add_failure(text, metrics);
	add(text, "logins_reported_total", "counter",
		"Logins of which somebody said that it was not them.", metrics->reported);
	add(text, "logins_expired_total", "counter",
		"Logins whose time was up before a phone finished.", metrics->expired);
	add(text, "callbacks_total", "counter", "Callbacks with a code for a pending login.",
		metrics->callbacks);
	add(text, "callbacks_repeated_total", "counter",
		"Callbacks with a code that were not the first of their login.", metrics->repeats);
	add(text, "requests_too_often_total", "counter",
		"Requests that were answered by 429: too many of one address.", metrics->too_often);
	add_refused(text, metrics);
	add_seconds(text, metrics);
}
