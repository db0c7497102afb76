#include "messages.h"

static const char *const texts[MESSAGE_COUNT][2] = {
	[MESSAGE_SCAN] = {"Scan with WeChat, tap Continue, then type the code your phone shows.",
		"请用微信扫码，在手机上点“继续”，再输入手机上显示的验证码。"},
	[MESSAGE_OTHER_WAY] = {"Unreadable? Press Enter for another picture, or open in WeChat:",
		"看不清？按回车键换一种显示方式，或在微信中打开此链接："},
	[MESSAGE_LINK_ONLY] =
		{"Open this link in WeChat, tap Continue, then type the code shown there.",
			"请在微信中打开以下链接，点“继续”，再输入手机上显示的验证码。"},
	[MESSAGE_LINK_IN_WECHAT] = {"(Press Enter to see it another way.)",
		"（按回车键换一种显示方式。）"},
	[MESSAGE_WRONG_CODE] =
		{"That is not the code. Tap Continue on your phone; it shows four digits.",
			"验证码不对。请在手机上点“继续”，然后输入手机显示的四位数字。"},
	[MESSAGE_PROMPT] = {"Code on your phone: ", "手机上的验证码： "},
	[MESSAGE_WAIT] =
		{"Scan with WeChat and tap Continue on your phone: that signs you in here.",
			"请用微信扫码，并在手机上点“继续”，即可在此登录。"},
	[MESSAGE_GREETING] = {"Signed in with WeChat as ", "微信登录成功："},
	[MESSAGE_WAIT_LINK] = {"Or open this link in WeChat. Ctrl-C gives up.",
		"也可以在微信中打开此链接。按 Ctrl-C 放弃。"},
};

static const char *const refusals[REASON_COUNT][2] = {
	[REASON_NONE] = {"Signed in.", "已登录。"},
	[REASON_NOBODY] = {"WeChat sign-in failed: no correct code was typed.",
		"微信登录失败：未输入正确的验证码。"},
	[REASON_NOT_LINKED] =
		{"WeChat sign-in refused: this WeChat account is not linked to this user.",
			"微信登录被拒绝：该微信号未与此用户绑定。"},
	[REASON_SNAPSHOT] = {"WeChat sign-in refused: open the page normally, not as a snapshot.",
		"微信登录被拒绝：请正常打开页面，不要使用快照页。"},
	[REASON_RISK] = {"WeChat sign-in refused: WeChat has restricted this account.",
		"微信登录被拒绝：微信限制了该帐号。"},
	[REASON_CODE] = {"WeChat sign-in failed: the scan is used up or too old. Scan again.",
		"微信登录失败：此次扫码已失效，请重新扫码。"},
	[REASON_BUSY] = {"WeChat is busy. Try again in a moment.", "微信繁忙，请稍后再试。"},
	[REASON_SETUP] = {"WeChat sign-in is not set up correctly. Tell the administrator.",
		"微信登录配置有误，请联系管理员。"},
	[REASON_UNREACHABLE] = {"WeChat cannot be reached from this machine. Try again later.",
		"本机无法连接微信服务器，请稍后再试。"},
	[REASON_BAD_ANSWER] = {"WeChat gave an answer that cannot be read. Try again later.",
		"微信返回的内容无法识别，请稍后再试。"},
	[REASON_TOO_MANY] = {"WeChat sign-in failed: scanned too often. Start again.",
		"微信登录失败：扫码次数过多，请重新开始。"},
	[REASON_REPORTED] = {"WeChat sign-in refused on the phone.", "手机上已拒绝此次微信登录。"},
	[REASON_INTERRUPTED] = {"WeChat sign-in given up.", "已放弃微信登录。"},
	[REASON_EXPIRED] = {"WeChat sign-in: time is up.", "微信登录：已超时。"},
	[REASON_HELPER] = {"WeChat sign-in is not available at the moment.",
		"微信登录暂时不可用。"},
	[REASON_FULL] = {"WeChat sign-in: too many sign-ins are waiting. Try again in a moment.",
		"微信登录：等待中的登录过多，请稍后再试。"},
	[REASON_REJECTED] = {"WeChat sign-in is not set up correctly. Tell the administrator.",
		"微信登录配置有误，请联系管理员。"},
	[REASON_MEMORY] = {"WeChat sign-in is not available at the moment.",
		"微信登录暂时不可用。"},
	[REASON_INTERNAL] = {"WeChat sign-in is not available at the moment.",
		"微信登录暂时不可用。"},
};

const char *message_text(enum message message, int lang)
{
	return texts[message][lang];
}

const char *message_refusal(enum reason reason, int lang)
{
	return refusals[reason][lang];
}
