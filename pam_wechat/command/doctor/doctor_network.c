/* Of the two ways out: what phones find at public_url, and what WeChat's API says. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "answer.h"
#include "app_secret.h"
#include "calls.h"
#include "doctor.h"
#include "http_get.h"
#include "problem.h"
#include "secret.h"
#include "url.h"
#include "wechat_sites.h"

#define CLOCK_SECONDS 60
#define REQUEST_SECONDS 20
#define MADE_UP_CODE "pamwechatdoctormadethisup0000000"

static const struct finding_kind
	public_unreachable = {"public-unreachable", SEVERITY_WARNING,
		"if phones cannot reach public_url either, nobody can sign in"},
	public_certificate = {"public-certificate", SEVERITY_ERROR,
		"phones refuse the page, or warn of it"},
	public_other = {"public-other", SEVERITY_ERROR,
		"phones get something else than the helper's pages: nobody can sign in"},
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
		"WeChat looks at the code before the secret: only a login shows whether the secret "
		"is "
		"right"},
	clock_wrong = {"clock", SEVERITY_WARNING,
		"certificates are judged by this clock, and logs cannot be compared"};

static void check_clock(struct doctor *doctor, time_t date, const char *whose)
{
	time_t now = time(NULL);
	long off = (long)(now - date);

	if (date == 0 || labs(off) <= CLOCK_SECONDS)
		return;
	doctor_find(doctor, &clock_wrong, NULL, 0, "this machine's clock is %ld seconds %s of %s",
		labs(off), off > 0 ? "ahead" : "behind", whose);
	doctor_mend(doctor, "timedatectl set-ntp true");
}

/* A proxy is the way to WeChat; what is on this machine or its network is reached without. */
static const char *proxy_to(const struct settings *settings, const char *base)
{
	struct url url;

	return url_parse(base, &url) == 0 && url_reach(&url) != URL_PUBLIC ? NULL : settings->proxy;
}

static void find_public(struct doctor *doctor, const struct http_answer *answer, long line)
{
	const char *url = doctor->settings.public_url;

	if (answer->is_untrusted) {
		doctor_find(doctor, &public_certificate, doctor->conf, line,
			"the certificate of %s is not trusted, has expired or names another host",
			url);
		doctor_mend(doctor, "renew the web server's certificate, with its whole chain and "
				    "the host name of public_url");
	} else if (answer->reason != REASON_NONE) {
		doctor_find(doctor, &public_unreachable, doctor->conf, line,
			"%s/healthz cannot be reached from this machine", url);
		doctor_mend(doctor,
			"open %s/healthz on a phone; if that fails, look at DNS, "
			"firewall and the web server",
			url);
	} else {
		doctor_find(doctor, &public_other, doctor->conf, line,
			"%s/healthz does not say ok (HTTP status %ld): it does not lead to the "
			"helper",
			url, answer->status);
		doctor_mend(doctor,
			"let the web server pass %s/ on to http://%s with its path "
			"unchanged; or correct public_url in line %ld of %s",
			url, doctor->helper_listen == NULL ? "the helper" : doctor->helper_listen,
			line, doctor->conf);
	}
}

void doctor_check_public_url(struct doctor *doctor)
{
	const struct settings *settings = &doctor->settings;
	const struct http_get request = {
		.base = settings->public_url,
		.path = "/healthz",
		.ca_file = settings->ca_file,
		.proxy = proxy_to(settings, settings->public_url),
		.settings = settings,
		.seconds = REQUEST_SECONDS,
	};
	static struct http_answer answer;
	long line = doctor_line_of(doctor->conf, "public_url");

	if (http_get(&request, &answer) < 0)
		answer.reason = REASON_UNREACHABLE;
	if (answer.reason != REASON_NONE || answer.status != 200 ||
		strncmp(answer.body, "ok", 2) != 0) {
		find_public(doctor, &answer, line);
		return;
	}
	if (settings->ca_file != NULL && strncmp(settings->public_url, "https:", 6) == 0) {
		doctor_find(doctor, &public_ca, doctor->conf,
			doctor_line_of(doctor->conf, "ca_file"),
			"the certificate of %s was judged by ca_file", settings->public_url);
	}
	check_clock(doctor, answer.date, "the clock of the server at public_url");
}

/* Decides by what WeChat says to a code that it never made. */
static void find_errcode(struct doctor *doctor, const struct answer *said)
{
	const char *conf = doctor->conf;
	long number = (long)said->errcode;

	switch (number) {
	case 40029:
	case 40163:
		doctor_find(doctor, &api_fine, NULL, 0,
			"WeChat knows the appid (errcode %ld to a made-up code); that tells "
			"nothing "
			"about the secret",
			number);
		return;
	case 40013:
		doctor_find(doctor, &api_appid, conf, doctor_line_of(conf, "appid"),
			"errcode 40013: %s", said->advice);
		doctor_mend(doctor, "correct appid in line %ld of %s",
			doctor_line_of(conf, "appid"), conf);
		return;
	case 40164:
	case 61004:
		doctor_find(doctor, &api_address, NULL, 0, "errcode %ld: %s", number, said->advice);
		doctor_mend(doctor, "add this machine's public address to the IP list at "
				    "https://" WECHAT_PLATFORM);
		return;
	case 40243:
		doctor_find(doctor, &api_secret, NULL, 0, "errcode 40243: %s", said->advice);
		doctor_mend(doctor, "unfreeze the app secret at https://" WECHAT_PLATFORM
				    ", and wait ten minutes");
		return;
	case 40125:
	case 40001:
		doctor_find(doctor, &api_secret, doctor->settings.secret_file, 1, "errcode %ld: %s",
			number, said->advice);
		doctor_mend(
			doctor, "put the current app secret into %s", doctor->settings.secret_file);
		return;
	default:
		break;
	}
	doctor_find(doctor, said->reason == REASON_BUSY ? &api_busy : &api_refused, NULL, 0,
		"errcode %ld: %s", number, said->advice);
	doctor_mend(doctor,
		said->reason == REASON_BUSY ? "try again in a minute" : "pam-wechat doctor %ld",
		number);
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
		doctor_mend(doctor, "%s",
			answer->is_untrusted ? "correct the clock, or api_url and ca_file"
					     : "let this machine reach it, or set proxy");
		return;
	}
	check_clock(doctor, answer->date, "WeChat's");
	answer_parse_token(&said, answer->status, answer->body, (size_t)answer->length);
	if (said.errcode != 0) {
		find_errcode(doctor, &said);
	} else {
		doctor_find(doctor, &api_answer, doctor->conf, line,
			"%s answers a made-up code by HTTP status %ld and no error of WeChat's",
			base, answer->status);
		doctor_mend(doctor, "correct api_url, or ask whoever runs the proxy");
	}
	explicit_bzero(&said, sizeof(said));
}

void doctor_check_api(struct doctor *doctor)
{
	const struct settings *settings = &doctor->settings;
	struct secret *secret = secret_create(APP_SECRET_SIZE);
	struct secret *path = secret_create(CALLS_PATH_MAX);
	static struct http_answer answers[2];
	struct problem problem = {.text = ""};
	bool is_reached = false;
	int rv = secret == NULL || path == NULL ? -ENOMEM
	                                        : app_secret_read(settings->secret_file,
							  secret->bytes, secret->size, &problem);

	/* A bad secret was found before. */
	if (rv == 0)
		rv = calls_access_token(path->bytes, settings->appid, secret->bytes, MADE_UP_CODE);
	for (size_t i = 0; rv == 0 && i < settings->api_url.count; i++) {
		const struct http_get request = {
			.base = settings->api_url.items[i],
			.path = path->bytes,
			.ca_file = settings->ca_file,
			.proxy = settings->proxy,
			.settings = settings,
			.seconds = REQUEST_SECONDS,
		};

		if (http_get(&request, &answers[i]) < 0)
			answers[i].reason = REASON_UNREACHABLE;
		is_reached = is_reached || answers[i].reason == REASON_NONE;
	}
	for (size_t i = 0; rv == 0 && i < settings->api_url.count; i++)
		find_answer(doctor, settings->api_url.items[i], &answers[i], is_reached);
	secret_free(&secret);
	secret_free(&path);
}
