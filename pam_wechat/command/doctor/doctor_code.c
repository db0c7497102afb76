/* The numbers that WeChat shows: on its own pages, which never reach us, and in its API. */
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "decimal.h"
#include "doctor.h"
#include "errcode.h"
#include "report.h"
#include "wechat_sites.h"

static const struct page_error {
	long number;
	const char *what, *mend;
} page_errors[] = {
	{10003, "the domain of public_url is not the one registered for web authorization",
		"register the host of public_url, without https:// and path, as a domain for web "
		"authorization (网页授权域名) at https://" WECHAT_ACCOUNTS
		", or a test account's at https://" WECHAT_TEST_ACCOUNT
		"; or correct public_url in pam_wechat.conf and helper.conf"},
	{10004, "the account is blocked", "look at https://" WECHAT_ACCOUNTS " for the reason"},
	{10005, "the account has no right to this scope",
		"use a certified service account of an organisation, or a test account "
		"(https://" WECHAT_TEST_ACCOUNT "); and scope = snsapi_base in pam_wechat.conf"},
	{10006, "the person must follow the test account first",
		"let the person scan the test account's own QR code, at "
		"https://" WECHAT_TEST_ACCOUNT ", and follow it"},
	{10009, "too often", "try again some minutes later"},
	{10010, "a parameter was lost on the way",
		"look whether a proxy changes addresses, and at authorize_url"},
	{10011, "a parameter was lost on the way",
		"look whether a proxy changes addresses, and at authorize_url"},
	{10012, "a parameter was lost on the way",
		"look whether a proxy changes addresses, and at authorize_url"},
	{10013, "a parameter was lost on the way",
		"look whether a proxy changes addresses, and at authorize_url"},
	{10015, "the account has no permission for third-party use",
		"use the account's own appid and secret, not those of a third-party platform"},
	{10016, "the account is not verified", "have it certified at https://" WECHAT_ACCOUNTS},
};

static void explain(
	struct report *report, long number, const char *where, const char *what, const char *mend)
{
	report_number(report, "code", number);
	report_string(report, "where", where);
	report_string(report, "what", what);
	if (mend == NULL) {
		report_string(report, "mend", NULL);
	} else {
		report_enter(report, "mend");
		report_string(report, "text", mend);
		report_string(report, "elsewhere", doctor_mend_word(MEND_WECHAT));
		report_leave(report);
	}
	report_line(report, "%ld, %s: %s", number, where, what);
	if (mend != NULL)
		report_line(report, "    mend: %s", mend);
}

enum command_exit doctor_explain(const char *code, struct report *report)
{
	/* "-1" is one of WeChat's. */
	bool is_negative = code[0] == '-';
	long number = (long)decimal_parse_string(code + is_negative, 0, LONG_MAX);
	const struct errcode *known;

	if (number < 0) {
		fprintf(stderr, "pam-wechat doctor: %s is no error number of WeChat's\n", code);
		return COMMAND_USAGE;
	}
	if (is_negative)
		number = -number;
	for (size_t i = 0; i < sizeof(page_errors) / sizeof(page_errors[0]); i++) {
		if (page_errors[i].number == number) {
			explain(report, number, "a page of WeChat's", page_errors[i].what,
				page_errors[i].mend);
			return COMMAND_DONE;
		}
	}
	known = errcode_find(number);
	if (known->number != number || number == 0) {
		fprintf(stderr,
			"pam-wechat doctor: the number %s is not known here; if it came with a "
			"rid, look that up at https://" WECHAT_PLATFORM "\n",
			code);
		return COMMAND_REFUSED;
	}
	/* What the administrator mends is part of these sentences. */
	explain(report, number, "WeChat's API", known->advice, NULL);
	return COMMAND_DONE;
}
