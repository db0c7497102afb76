#include "messages.h"

#define NOT_TYPED_EN "WeChat sign-in failed: no correct code was typed. Start again."
#define NOT_TYPED_ZH "微信登录失败：未输入正确的验证码，请重新登录。"
#define UNAVAILABLE_EN "WeChat sign-in is not available. Try later, or tell the administrator."
#define UNAVAILABLE_ZH "微信登录暂时不可用，请稍后再试或联系管理员。"
#define ASKING_EN "WeChat is being asked. Your phone shows the code when WeChat has answered."
#define ASKING_ZH "正在等待微信答复。微信答复后，手机上会显示验证码。"
#define NOT_LINKED_EN "Refused: this WeChat is not linked to this user. Ask the administrator."
#define NOT_LINKED_ZH "微信登录被拒绝：该微信账号未与此用户关联，请联系管理员。"

static const char *const texts[MESSAGE_COUNT][2] = {
	[MESSAGE_SCAN] = {"Scan with WeChat, tap Continue, then type the code your phone shows.",
		"请用微信扫码，在手机上点击“继续”，然后输入手机上显示的验证码。"},
	[MESSAGE_OTHER_WAY] = {"Unreadable? Press Enter for another picture, or open in WeChat:",
		"无法识别？按回车键切换显示方式，或在微信中打开以下链接："},
	/* Of single sharp pictures WeChat reads few: the letters have to melt into areas. */
	[MESSAGE_OTHER_WAY_OF_ASCII] =
		{"Unreadable? Hold the phone farther away, press Enter, or open in WeChat:",
			"无法识别？请把手机拿远一些，按回车键切换显示方式，或在微信中打开以下链接："},
	[MESSAGE_LINK_ONLY] =
		{"Open this link in WeChat, tap Continue, then type the code shown there.",
			"请在微信中打开以下链接，点击“继续”，然后输入手机上显示的验证码。"},
	[MESSAGE_LINK_IN_WECHAT] = {"(Press Enter to see it another way.)",
		"（按回车键切换显示方式。）"},
	[MESSAGE_LINK_HOW] =
		{"(On your phone: send it to File Transfer in WeChat, and tap it there.)",
			"（可将链接发送到微信“文件传输助手”，再在手机上点击打开。）"},
	[MESSAGE_WRONG_PIN] =
		{"That is not the code. Tap Continue on your phone; it shows four digits.",
			"验证码不正确。请在手机上点击“继续”，然后输入手机上显示的四位数字。"},
	[MESSAGE_ASKING] = {ASKING_EN, ASKING_ZH},
	[MESSAGE_PROMPT] = {"Code on your phone: ", "手机上的验证码： "},
	[MESSAGE_WAIT] =
		{"Scan with WeChat and tap Continue on your phone: that signs you in here.",
			"请用微信扫码，并在手机上点击“继续”，即可在此登录。"},
	[MESSAGE_WAIT_LINK] = {"Or open this link in WeChat. Ctrl-C gives up.",
		"也可以在微信中打开以下链接。按 Ctrl-C 取消登录。"},
	[MESSAGE_WAIT_LINK_OF_ASCII] =
		{"Hold the phone farther away, or open this link in WeChat. Ctrl-C gives up.",
			"请把手机拿远一些，也可以在微信中打开以下链接。按 Ctrl-C 取消登录。"},
	[MESSAGE_GREETING] = {"Signed in with WeChat as ", "微信登录成功："},
};

static const char *const refusals[REASON_COUNT][2] = {
	[REASON_NONE] = {"Signed in.", "已登录。"},
	/* One sentence: who tells these apart at the terminal learns what a phone did. */
	[REASON_NOBODY] = {NOT_TYPED_EN, NOT_TYPED_ZH},
	[REASON_ASKING] = {ASKING_EN, ASKING_ZH},
	[REASON_NOBODY_SCANNED] = {NOT_TYPED_EN, NOT_TYPED_ZH},
	[REASON_UNFINISHED] = {NOT_TYPED_EN, NOT_TYPED_ZH},
	[REASON_WRONG_DIGITS] = {NOT_TYPED_EN, NOT_TYPED_ZH},
	[REASON_NO_ANSWER] = {NOT_TYPED_EN, NOT_TYPED_ZH},
	[REASON_CONVERSATION] = {NOT_TYPED_EN, NOT_TYPED_ZH},
	[REASON_NOT_LINKED] = {NOT_LINKED_EN, NOT_LINKED_ZH},
	/* What is wrong with the table is the log's to say. */
	[REASON_OTHER_UID] = {NOT_LINKED_EN, NOT_LINKED_ZH},
	[REASON_SNAPSHOT] = {"Refused: WeChat opened a snapshot. Start again, open the full page.",
		"微信登录被拒绝：打开的是快照页。请重新登录，并打开完整页面。"},
	[REASON_RISK] = {"Refused: WeChat has restricted this account. Look in WeChat for why.",
		"微信登录被拒绝：该微信账号已被微信限制，请在微信中查看原因。"},
	[REASON_CODE] = {"WeChat sign-in failed: the scan is used up or too old. Start again.",
		"微信登录失败：本次扫码已失效，请重新登录并扫码。"},
	[REASON_BUSY] = {"WeChat is busy. Try again in a moment.", "微信繁忙，请稍后再试。"},
	[REASON_SETUP] = {"WeChat sign-in is not set up correctly. Tell the administrator.",
		"微信登录配置有误，请联系管理员。"},
	[REASON_UNREACHABLE] = {"WeChat cannot be reached from this machine. Try again later.",
		"本机无法连接微信服务器，请稍后再试。"},
	[REASON_BAD_ANSWER] = {"WeChat gave an answer that cannot be read. Try again later.",
		"微信返回的内容无法识别，请稍后再试。"},
	[REASON_TOO_MANY] = {"WeChat sign-in failed: scanned too often. Start again.",
		"微信登录失败：扫码次数过多，请重新登录。"},
	[REASON_REPORTED] = {"Refused on the phone. If that was by mistake, start again.",
		"手机上已拒绝此次登录。如系误操作，请重新登录。"},
	[REASON_INTERRUPTED] = {"WeChat sign-in given up. Start again whenever you like.",
		"已取消微信登录，可随时重新登录。"},
	[REASON_EXPIRED] = {"WeChat sign-in: time is up. Start again.",
		"微信登录已超时，请重新登录。"},
	[REASON_HELPER] = {UNAVAILABLE_EN, UNAVAILABLE_ZH},
	[REASON_HELPER_SILENT] = {UNAVAILABLE_EN, UNAVAILABLE_ZH},
	[REASON_FULL] = {"WeChat sign-in: too many sign-ins are waiting. Try again in a moment.",
		"当前等待微信登录的请求过多，请稍后再试。"},
	[REASON_REJECTED] = {"WeChat sign-in is not set up correctly. Tell the administrator.",
		"微信登录配置有误，请联系管理员。"},
	[REASON_MEMORY] = {UNAVAILABLE_EN, UNAVAILABLE_ZH},
	[REASON_INTERNAL] = {UNAVAILABLE_EN, UNAVAILABLE_ZH},
};

const char *message_text(enum message message, int lang)
{
	return texts[message][lang];
}

const char *message_refusal(enum reason reason, int lang)
{
	return refusals[reason][lang];
}
