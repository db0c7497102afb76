#include "errcode.h"

#include <stddef.h>

#include "wechat_sites.h"

#define NOT_ON_THE_IP_LIST                                                                   \
	"this machine's address is not on the account's IP list: add it at " WECHAT_PLATFORM \
	", or set proxy"

static const struct errcode known[] = {
	{-1, REASON_BUSY, "WeChat is busy"},
	{45011, REASON_BUSY, "WeChat was asked too often within a minute"},
	{61450, REASON_BUSY, "WeChat had an internal error"},

	{40029, REASON_CODE, "the code is not valid; was it made for another appid?"},
	{40163, REASON_CODE, "the code was used already"},
	{42001, REASON_CODE, "the access token has expired"},
	{42002, REASON_CODE, "the refresh token has expired"},
	{42003, REASON_CODE, "the code has expired"},
	{42007, REASON_CODE, "the person changed the WeChat password"},
	{40030, REASON_CODE, "the refresh token is not valid"},
	{40014, REASON_CODE, "the access token is not valid"},
	{40003, REASON_CODE, "the openid is not valid"},

	{40013, REASON_SETUP, "appid is wrong: correct it in pam_wechat.conf"},
	{40125, REASON_SETUP, "the app secret is wrong: put the current one into secret_file"},
	{40001, REASON_SETUP, "the app secret or token does not belong to this appid"},
	{40164, REASON_SETUP, NOT_ON_THE_IP_LIST},
	{61004, REASON_SETUP, NOT_ON_THE_IP_LIST},
	{40243, REASON_SETUP,
		"the app secret is frozen: unfreeze it at " WECHAT_PLATFORM
		" and wait ten minutes"},
	{41001, REASON_SETUP, "WeChat received no access token: does a proxy change requests?"},
	{41002, REASON_SETUP, "WeChat received no appid: does a proxy change requests?"},
	{41004, REASON_SETUP, "WeChat received no secret: does a proxy change requests?"},
	{41008, REASON_SETUP, "WeChat received no code: does a proxy change requests?"},
	{45009, REASON_SETUP, "the account's daily quota is used up"},
	{48001, REASON_SETUP,
		"the account may not use web authorization: it must be a certified service "
		"account of an organisation, or a test account"},
	{48004, REASON_SETUP, "WeChat has banned this account from the interface"},
	{50001, REASON_SETUP, "the official account is not authorized for this interface"},
	{50002, REASON_SETUP,
		"the person's WeChat account or the official account is frozen or closed: look at " WECHAT_ACCOUNTS
		", and ask the person"},

	{50005, REASON_SETUP,
		"the person does not follow the official account: they have to follow it first"},

	{40226, REASON_RISK, "WeChat's risk control has blocked this person"},
};

/* WeChat refused in so many words: that it can't be read would be untrue, and trying again useless.
 */
static const struct errcode unknown = {
	0, REASON_SETUP, "this error code is not known here: look up the rid at " WECHAT_PLATFORM};

const struct errcode *errcode_find(int64_t number)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].number == number)
			return &known[i];
	}
	return &unknown;
}
