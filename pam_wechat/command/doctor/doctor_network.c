/*
 * What only a try shows: a sign-in up to the helper, the way of a phone through public_url, and
 * what WeChat says. All of it goes on side by side while the other checks are made.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "answer.h"
#include "app_secret.h"
#include "app_token.h"
#include "calls.h"
#include "deadline.h"
#include "doctor.h"
#include "http_get.h"
#include "problem.h"
#include "secret.h"
#include "text.h"
#include "trial.h"
#include "url.h"
#include "wechat_sites.h"

#define REQUEST_SECONDS 15
#define ALL_SECONDS 20
#define MADE_UP_CODE "pamwechatdoctormadethisup0000000"

static const struct finding_kind
	public_unreachable = {"public-unreachable", SEVERITY_WARNING,
		"if phones cannot reach public_url either, nobody can sign in"},
	public_certificate = {"public-certificate", SEVERITY_ERROR,
		"phones refuse the page, or warn of it"},
	public_other = {"public-other", SEVERITY_ERROR,
		"phones get something else than the helper's pages: nobody can sign in"},
	public_instance = {"public-instance", SEVERITY_ERROR,
		"phones get the pages of another helper, which does not know the sign-ins of this "
		"machine: nobody can sign in"},
	public_page = {"public-page", SEVERITY_ERROR,
		"phones do not get the page of a sign-in: nobody can sign in"},
	public_cookie = {"public-cookie", SEVERITY_ERROR,
		"phones do not get the cookie that a sign-in goes on with: nobody can sign in"},
	public_post = {"public-post", SEVERITY_ERROR,
		"a tap on Continue does not reach the helper: nobody can sign in"},
	public_redirect = {"public-redirect", SEVERITY_ERROR,
		"a tap on Continue does not lead to WeChat: nobody can sign in"},
	public_callback = {"public-callback", SEVERITY_ERROR,
		"what WeChat sends back does not reach the helper: nobody can sign in"},
	trial_refused = {"sign-in-refused", SEVERITY_ERROR,
		"no sign-in can begin: nobody gets in by WeChat"},
	trial_silent = {"sign-in-api", SEVERITY_ERROR,
		"the exchange of a sign-in cannot ask WeChat: nobody can sign in"},
	not_finished = {"not-finished", SEVERITY_WARNING,
		"something may be wrong here that was not looked at"},
	public_ca = {"public-ca", SEVERITY_NOTE,
		"phones know their own CAs, not those of ca_file: what is trusted here need not be "
		"there"},
	api_unreachable = {"api-unreachable", SEVERITY_ERROR,
		"WeChat cannot be asked whom it knows: nobody can sign in"},
	api_spare = {"api-spare", SEVERITY_WARNING,
		"if the other host of WeChat's API fails as well, nobody can sign in"},
	api_certificate = {"api-certificate", SEVERITY_ERROR,
		"the app secret is sent to nobody who cannot prove to be WeChat: nobody can sign "
		"in"},
	api_answer = {"api-answer", SEVERITY_ERROR,
		"what answers is not WeChat's API, or is out of order: nobody can sign in"},
	api_appid = {"api-appid", SEVERITY_ERROR, "WeChat does not know this account"},
	api_address = {"api-address", SEVERITY_ERROR,
		"WeChat takes calls only from addresses on the account's IP list"},
	api_secret = {"api-secret", SEVERITY_ERROR, "WeChat names nobody to a wrong secret"},
	api_busy = {"api-busy", SEVERITY_WARNING, "logins fail while WeChat is busy"},
	api_refused = {"api-refused", SEVERITY_ERROR, "WeChat refuses this account's calls"},
	api_fine = {"api-secret-unknown", SEVERITY_NOTE,
		"only a sign-in shows whether the app secret is right"};

/* What is under way. */
struct doctor_network {
	struct deadline deadline;
	struct trial trial;
	struct trial_result result;
	bool has_result;
	struct secret *secret, *path;
	struct http_get requests[2];
	struct http_getting api[2];
	struct http_answer answers[2];
	int answered[2]; /* 0 or -errno */
	bool has_answers;
	struct app_token token;
};

static void begin_api(struct doctor *doctor, struct doctor_network *network)
{
	const struct settings *settings = &doctor->settings;
	struct problem problem = {.text = ""};
	int rv;

	network->secret = secret_create(APP_SECRET_SIZE);
	network->path = secret_create(CALLS_PATH_MAX);
	if (network->secret == NULL || network->path == NULL)
		return;
	rv = app_secret_read(
		settings->secret_file, network->secret->bytes, network->secret->size, &problem);
	if (rv == 0)
		rv = calls_access_token(network->path->bytes, settings->appid,
			network->secret->bytes, MADE_UP_CODE);
	/* A bad secret was found before. */
	for (size_t i = 0; rv == 0 && i < settings->api_url.count; i++) {
		network->requests[i] = (struct http_get){
			.base = settings->api_url.items[i],
			.path = network->path->bytes,
			.ca_file = settings->ca_file,
			.proxy = settings->proxy,
			.settings = settings,
			.seconds = REQUEST_SECONDS,
		};
		(void)http_get_begin(&network->api[i], &network->requests[i]);
	}
	if (rv < 0)
		return;
	network->token = (struct app_token){
		.settings = settings, .secret = network->secret->bytes, .seconds = REQUEST_SECONDS};
	(void)app_token_begin(&network->token);
}

void doctor_begin_network(struct doctor *doctor)
{
	static const struct subprocess none = {.pid = -1, .fd = -1};
	struct doctor_network *network;

	if (!doctor->has_settings || !doctor_may_look(doctor))
		return;
	network = calloc(1, sizeof(*network));
	if (network == NULL)
		return;
	doctor->network = network;
	network->deadline = deadline_in(ALL_SECONDS * 1000);
	network->api[0].process = network->api[1].process = network->token.process = none;
	network->trial = (struct trial){.settings = &doctor->settings,
		.listen = doctor->helper_listen,
		.offline = doctor->offline,
		.seconds = REQUEST_SECONDS,
		.process = none};
	(void)trial_begin(&network->trial);
	if (!doctor->offline)
		begin_api(doctor, network);
}

void doctor_end_network(struct doctor *doctor)
{
	struct doctor_network *network = doctor->network;

	if (network == NULL)
		return;
	/* What nobody waited for ends here: it holds the secret. */
	subprocess_end(&network->trial.process);
	subprocess_end(&network->api[0].process);
	subprocess_end(&network->api[1].process);
	subprocess_end(&network->token.process);
	secret_free(&network->secret);
	secret_free(&network->path);
	free(network);
	doctor->network = NULL;
}

static void find_not_finished(struct doctor *doctor, int error, const char *what)
{
	doctor_find(doctor, &not_finished, NULL, 0, "%s: %s", what,
		error == -ETIMEDOUT ? "not finished in time" : strerror(-error));
	doctor_mend_elsewhere(doctor, MEND_AGAIN, "run pam-wechat doctor again");
}

static bool has_error(const struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->count; i++) {
		if (doctor->findings[i].kind->severity == SEVERITY_ERROR)
			return true;
	}
	return false;
}

void doctor_check_trial(struct doctor *doctor)
{
	struct doctor_network *network = doctor->network;
	const struct trial_result *result;
	int rv;

	if (network == NULL)
		return;
	result = &network->result;
	if (!doctor->offline)
		doctor_say_progress(doctor, "trying a sign-in by public_url, up to 20 seconds ...");
	rv = trial_finish(&network->trial, &network->result, network->deadline);
	network->has_result = rv == 0;
	if (rv < 0) {
		find_not_finished(doctor, rv, "a sign-in that was tried");
		return;
	}
	/* Where something is known to be wrong, this is what comes of it. */
	if (result->step != TRIAL_BEGIN || has_error(doctor))
		return;
	doctor_find(doctor, &trial_refused, NULL, 0, "a sign-in was tried, and refused: %s%s%s",
		reason_word(result->reason), result->said[0] == '\0' ? "" : ": ", result->said);
	if (result->reason == REASON_HELPER || result->reason == REASON_HELPER_SILENT ||
		result->reason == REASON_REJECTED)
		doctor_mend_command(doctor, "%s", doctor_command_restart());
	else
		doctor_mend_elsewhere(doctor, MEND_PACKAGE, "install pam_wechat again");
}

/* What is to be seen at public_url in the place of what should be there. */
static void find_step(struct doctor *doctor, const struct trial_result *result, long line)
{
	const char *url = doctor->settings.public_url;
	const char *listen = doctor->helper_listen == NULL ? "the helper" : doctor->helper_listen;

	switch (result->step) {
	case TRIAL_HEALTH:
		if (strncmp(result->said, "ok ", 3) == 0) {
			doctor_find(doctor, &public_instance, doctor->conf, line,
				"%s/healthz is answered by another helper than this machine's",
				url);
			doctor_mend_elsewhere(doctor, MEND_WEB_SERVER,
				"let the web server pass %s/ on to http://%s of this machine; or "
				"correct public_url in line %ld of %s",
				url, listen, line, doctor->conf);
			return;
		}
		doctor_find(doctor, &public_other, doctor->conf, line,
			"%s/healthz does not say ok (HTTP status %ld): it does not lead to the "
			"helper",
			url, result->status);
		doctor_mend_elsewhere(doctor, MEND_WEB_SERVER,
			"let the web server pass %s/ on to http://%s with its path "
			"unchanged; or correct public_url in line %ld of %s",
			url, listen, line, doctor->conf);
		return;
	case TRIAL_PAGE:
		doctor_find(doctor, &public_page, doctor->conf, line,
			"the link of a sign-in, %s/l/…, gives no page of the helper (HTTP status "
			"%ld)",
			url, result->status);
		doctor_mend_elsewhere(doctor, MEND_WEB_SERVER,
			"let the web server pass everything below %s/ on to http://%s with its "
			"path unchanged: /l/ and /callback as well as /healthz",
			url, listen);
		return;
	case TRIAL_COOKIE:
		doctor_find(doctor, &public_cookie, doctor->conf, line,
			"the page below %s/l/ arrives without its Set-Cookie header", url);
		doctor_mend_elsewhere(doctor, MEND_WEB_SERVER,
			"let the web server hand on Set-Cookie (nginx: remove "
			"proxy_hide_header and caches)");
		return;
	case TRIAL_POST:
		doctor_find(doctor, &public_post, doctor->conf, line,
			"a POST to %s/l/… is answered by HTTP status %ld", url, result->status);
		doctor_mend_elsewhere(doctor, MEND_WEB_SERVER,
			"let the web server pass POST and the Cookie header on, below "
			"/l/ (nginx: limit_except, a web application firewall)");
		return;
	case TRIAL_REDIRECT:
		doctor_find(doctor, &public_redirect, doctor->conf, line,
			"a tap on Continue leads to another address: %s", result->said);
		doctor_mend_elsewhere(doctor, MEND_WEB_SERVER,
			"let the web server leave the Location header as it is "
			"(nginx: proxy_redirect off)");
		return;
	case TRIAL_CALLBACK:
		doctor_find(doctor, &public_callback, doctor->conf, line,
			"%s/callback?code=…&state=… does not reach the helper whole (HTTP status "
			"%ld)",
			url, result->status);
		doctor_mend_elsewhere(doctor, MEND_WEB_SERVER,
			"let the web server pass /callback on with its query (the part "
			"behind the question mark)");
		return;
	case TRIAL_BEGIN:
	case TRIAL_DONE:
		return;
	}
}

/* Waits for what the API says, once. */
static void hear_api(struct doctor *doctor)
{
	struct doctor_network *network = doctor->network;

	if (network->has_answers || network->requests[0].base == NULL)
		return;
	network->has_answers = true;
	doctor_say_progress(doctor, "asking WeChat's API, up to 20 seconds in all ...");
	for (size_t i = 0; i < doctor->settings.api_url.count; i++)
		network->answered[i] =
			http_get_finish(&network->api[i], &network->answers[i], network->deadline);
}

/* Looks whether a certificate tells of a wrong clock: it is valid later, or none is that is looked
 * at. */
static void check_certificates(struct doctor *doctor)
{
	const struct doctor_network *network = doctor->network;
	bool is_public = network->has_result && network->result.failure == HTTP_UNTRUSTED;
	bool is_later = is_public && strstr(network->result.said, "not yet valid") != NULL;

	if (!doctor->clock_is_wrong &&
		(is_later || (is_public && network->has_answers && network->answered[0] == 0 &&
				     network->answers[0].is_untrusted)))
		doctor_suspect_clock(doctor,
			is_later ? "the certificate of public_url is not valid before a time that "
				   "this machine's clock has not reached"
				 : "neither WeChat's certificate nor that of public_url is valid "
				   "by this machine's clock");
}

static void find_certificate(struct doctor *doctor, long line)
{
	doctor_find(doctor, &public_certificate, doctor->conf, line,
		"the certificate of %s is not trusted, has expired or names another host",
		doctor->settings.public_url);
	/* Whoever renews a good certificate by a wrong clock has two troubles. */
	if (doctor->clock_is_wrong)
		doctor_mend_clock(doctor);
	else
		doctor_mend_elsewhere(doctor, MEND_CERTIFICATE,
			"renew the web server's certificate, with its whole chain and the host "
			"name of public_url");
}

void doctor_check_public_url(struct doctor *doctor)
{
	static const char *const causes[] = {[HTTP_NO_FAILURE] = "",
		[HTTP_UNRESOLVED] = "its name is not known",
		[HTTP_UNCONNECTED] = "no connection",
		[HTTP_UNTRUSTED] = "",
		[HTTP_LATE] = "no answer in time",
		[HTTP_BROKEN] = "the connection breaks"};
	const struct trial_result *result;
	const struct settings *settings = &doctor->settings;
	long line = doctor_line_of(doctor->conf, "public_url");

	if (doctor->network == NULL || !doctor->network->has_result)
		return;
	result = &doctor->network->result;
	if (result->step == TRIAL_BEGIN)
		return;
	if (result->by_listen ||
		(result->failure != HTTP_NO_FAILURE && result->failure != HTTP_UNTRUSTED)) {
		doctor_find(doctor, &public_unreachable, doctor->conf, line,
			"%s/healthz cannot be reached from this machine: %s", settings->public_url,
			causes[result->by_listen ? result->unreachable : result->failure]);
		doctor_mend_elsewhere(doctor,
			(result->by_listen ? result->unreachable : result->failure) ==
					HTTP_UNRESOLVED
				? MEND_DNS
				: MEND_FIREWALL,
			"open %s/healthz on a phone; if that fails, look at DNS, "
			"firewall and the web server",
			settings->public_url);
	}
	/* The clock first: what it says of certificates may be wrong. */
	doctor_compare_clock(doctor, result->date, "the clock of the server at public_url");
	if (result->failure == HTTP_UNTRUSTED) {
		hear_api(doctor);
		check_certificates(doctor);
		find_certificate(doctor, line);
	}
	if (result->failure == HTTP_NO_FAILURE && result->step != TRIAL_DONE)
		find_step(doctor, result, line);
	if (result->by_ca_file)
		doctor_find(doctor, &public_ca, doctor->conf,
			doctor_line_of(doctor->conf, "ca_file"),
			"the certificate of %s was judged by ca_file", settings->public_url);
}

/* Decides by what WeChat says to a code that it never made. */
static void find_errcode(struct doctor *doctor, const struct answer *said)
{
	const char *conf = doctor->conf;
	long number = (long)said->errcode;

	switch (number) {
	/* A code that WeChat never made; it is looked at before the secret. */
	case 40029:
	case 40163:
		return;
	case 40013:
		doctor_find(doctor, &api_appid, conf, doctor_line_of(conf, "appid"),
			"errcode 40013: %s", said->advice);
		doctor_mend_elsewhere(doctor, MEND_VALUE, "correct appid in line %ld of %s",
			doctor_line_of(conf, "appid"), conf);
		return;
	case 40164:
	case 61004:
		doctor_find(doctor, &api_address, NULL, 0, "errcode %ld: %s", number, said->advice);
		doctor_mend_elsewhere(doctor, MEND_WECHAT,
			"add this machine's public address to the IP list at "
			"https://" WECHAT_PLATFORM);
		return;
	case 40243:
		doctor_find(doctor, &api_secret, NULL, 0, "errcode 40243: %s", said->advice);
		doctor_mend_elsewhere(doctor, MEND_WECHAT,
			"unfreeze the app secret at https://" WECHAT_PLATFORM
			", and wait ten minutes");
		return;
	case 40125:
	case 40001:
		doctor_find(doctor, &api_secret, doctor->settings.secret_file, 1, "errcode %ld: %s",
			number, said->advice);
		doctor_mend_elsewhere(doctor, MEND_VALUE, "put the current app secret into %s",
			doctor->settings.secret_file);
		return;
	default:
		break;
	}
	doctor_find(doctor, said->reason == REASON_BUSY ? &api_busy : &api_refused, NULL, 0,
		"errcode %ld: %s", number, said->advice);
	if (said->reason == REASON_BUSY)
		doctor_mend_elsewhere(doctor, MEND_AGAIN, "try again in a minute");
	else
		doctor_mend_elsewhere(doctor, MEND_WECHAT, "pam-wechat doctor %ld", number);
}

static void find_answer(
	struct doctor *doctor, const char *base, const struct http_answer *answer, bool is_spare)
{
	long line = doctor_line_of(doctor->conf, "api_url");
	struct answer said;

	if (answer->reason != REASON_NONE) {
		doctor_find(doctor,
			is_spare               ? &api_spare
			: answer->is_untrusted ? &api_certificate
					       : &api_unreachable,
			doctor->conf, line, "%s: %s", base, answer->advice);
		if (!answer->is_untrusted)
			doctor_mend_elsewhere(
				doctor, MEND_FIREWALL, "let this machine reach it, or set proxy");
		else if (doctor->clock_is_wrong)
			doctor_mend_clock(doctor);
		else
			doctor_mend_elsewhere(doctor, MEND_CERTIFICATE,
				"look at the clock first (date); then correct api_url and ca_file");
		return;
	}
	doctor_compare_clock(doctor, answer->date, "WeChat's");
	answer_parse_token(&said, answer->status, answer->body, (size_t)answer->length);
	if (said.errcode != 0) {
		find_errcode(doctor, &said);
	} else {
		doctor_find(doctor, &api_answer, doctor->conf, line,
			"%s answers a made-up code by HTTP status %ld and no error of WeChat's",
			base, answer->status);
		doctor_mend_elsewhere(
			doctor, MEND_VALUE, "correct api_url, or ask whoever runs the proxy");
	}
	explicit_bzero(&said, sizeof(said));
}

/* What WeChat says to the account's own credentials. */
static void check_token(struct doctor *doctor, struct doctor_network *network)
{
	struct answer said = {.errcode = 0};
	char body[64];
	long errcode = APP_TOKEN_NO_ANSWER;
	int rv = app_token_finish(&network->token, &errcode, network->deadline);

	if (rv == 0 && errcode == APP_TOKEN_GIVEN)
		return;
	if (errcode == 40001 || errcode == 40125 || errcode == 40013 || errcode == 40164 ||
		errcode == 61004 || errcode == 40243) {
		(void)text_format(body, sizeof(body), "{\"errcode\":%ld}", errcode);
		answer_parse_token(&said, 200, body, strlen(body));
		find_errcode(doctor, &said);
		return;
	}
	doctor_find(doctor, &api_fine, NULL, 0, "WeChat was asked about the app secret, and %s%ld",
		errcode == APP_TOKEN_NO_ANSWER ? "gave no answer: " : "answered by errcode ",
		errcode == APP_TOKEN_NO_ANSWER ? 0 : errcode);
}

void doctor_check_api(struct doctor *doctor)
{
	const struct settings *settings = &doctor->settings;
	struct doctor_network *network = doctor->network;
	bool is_reached = false, had_error = has_error(doctor);

	if (network == NULL || network->requests[0].base == NULL)
		return;
	hear_api(doctor);
	for (size_t i = 0; i < settings->api_url.count; i++)
		is_reached = is_reached || (network->answered[i] == 0 &&
						   network->answers[i].reason == REASON_NONE);
	for (size_t i = 0; i < settings->api_url.count; i++) {
		if (network->answered[i] == 0)
			find_answer(doctor, settings->api_url.items[i], &network->answers[i],
				is_reached);
		else
			find_not_finished(doctor, network->answered[i], settings->api_url.items[i]);
	}
	if (is_reached)
		check_token(doctor, network);
	/* The exchange is confined, and goes its own way. */
	if (is_reached && !had_error && network->has_result && network->result.step == TRIAL_DONE &&
		(network->result.reason == REASON_UNREACHABLE ||
			network->result.reason == REASON_INTERNAL)) {
		doctor_find(doctor, &trial_silent, NULL, 0,
			"this command reaches WeChat, and a sign-in's exchange does not: %s",
			network->result.said);
		doctor_mend_elsewhere(doctor, MEND_POLICY,
			"look for denials of pam-wechat-exchange by AppArmor, SELinux "
			"or a firewall: journalctl -k, ausearch -m avc");
	}
}
