#include "messages.h"

#include <string.h>

#include "text.h"

#define TEXT(message, en, zh) [MESSAGE_##message] = {[LANGUAGE_EN] = (en), [LANGUAGE_ZH] = (zh)}

static const char *const texts[MESSAGE_COUNT][LANGUAGE_COUNT] = {
	TEXT(NONE, "", ""),
	TEXT(SITE, "Sign in with WeChat", "微信登录"),

	TEXT(ASK, "Is this you signing in?", "是您本人在登录吗？"),
	TEXT(ASK_TEXT,
		"Tap Continue only if you are doing this yourself, right now, and every line above "
		"is "
		"right. If somebody sent you this page or its QR code, it is not you.",
		"仅当您本人此刻正在登录，且以上信息全部属实时，才点击“继续”。"
		"如果此页面或二维码是别人发给您的，那就不是您本人在登录。"),
	TEXT(USER, "User", "用户"),
	TEXT(HOST, "Host", "主机"),
	TEXT(HOW, "How", "方式"),
	TEXT(FROM, "From", "来自"),
	TEXT(VALID, "Valid", "有效期"),
	TEXT(VALID_FOR, "for another %1 seconds, until %2", "还有 %1 秒，至 %2"),
	TEXT(HERE, "this machine", "本机"),
	TEXT(HOW_REMOTE, "remote login (%1)", "远程登录（%1）"),
	TEXT(HOW_CONSOLE, "at the console (%1)", "在主机的本地控制台登录（%1）"),
	TEXT(HOW_LOCAL, "on this machine, by %1", "由主机上的程序 %1 发起"),
	TEXT(HOW_BECOME, "become %2 by %1, asked by local user %3",
		"通过 %1 成为 %2，请求者为本机用户 %3"),
	TEXT(HOW_CONFIRM, "%1, asked by local user %3", "%1，请求者为本机用户 %3"),
	TEXT(HOW_DOCTOR, "a check by pam-wechat doctor (%1)", "pam-wechat doctor 的检查（%1）"),
	TEXT(HOW_ENROLL, "the administrator links your WeChat (%1)", "由管理员关联您的微信（%1）"),
	TEXT(CONTINUE, "Continue", "继续"),
	TEXT(REFUSE, "This isn't me", "不是我"),
	TEXT(TRY_AGAIN, "Try again", "重试"),

	TEXT(ENROLL, "Link your WeChat to %2 on %4?", "将您的微信关联到 %4 的用户 %2？"),
	TEXT(ENROLL_TEXT,
		"From then on this WeChat signs in there as that user. Tap Continue only if you "
		"are speaking with the administrator who does this, right now, and every line "
		"above is right.",
		"关联后，此微信即可在该主机以该用户登录。"
		"仅当您此刻正与管理员联系办理此事，且以上信息全部属实，才点击“继续”。"),

	TEXT(ASKING, "Asking WeChat", "正在等待微信答复"),
	TEXT(ASKING_TEXT,
		"WeChat has not answered yet. Leave this page open: it shows the answer when there "
		"is one.",
		"微信尚未答复。请不要关闭此页面，收到答复后会自动显示结果。"),

	TEXT(PIN, "Type this in the terminal", "请在终端中输入"),
	TEXT(PIN_TEXT, "Type these digits in the terminal you are signing in at, then press Enter.",
		"请在您正在登录的终端中输入这四位验证码，然后按回车键。"),
	TEXT(PIN_CAUTION,
		"Tell them to nobody. Whoever asks for them is a fraud: tap This isn't me.",
		"不要告诉任何人。向您索要验证码的人都是骗子：请点击“不是我”。"),
	TEXT(ENROLL_PIN, "Read these digits to the administrator", "请把这些数字读给管理员"),
	TEXT(ENROLL_PIN_TEXT, "The administrator types them, and your WeChat is linked.",
		"管理员输入这些数字后，您的微信即完成关联。"),
	TEXT(ENROLL_PIN_CAUTION,
		"Tell them to nobody but an administrator whom you know, by word of mouth. If "
		"something is odd, tap This isn't me.",
		"只可当面或通过电话告诉您认识的管理员，不要告诉其他任何人。"
		"如有可疑，请点击“不是我”。"),

	TEXT(HELLO, "Hello, ", "您好，"),
	TEXT(SIGNED_IN, "Signed in", "已登录"),
	TEXT(SIGNED_IN_TEXT, "The terminal goes on by itself. You can close this page.",
		"终端将自动继续。您可以关闭此页面。"),

	TEXT(CANCELLED, "Cancelled", "已取消"),
	TEXT(CANCELLED_TEXT, "WeChat did not say who you are. You can try again while it waits.",
		"微信没有告知您的身份。在有效时间内可以重试。"),
	TEXT(REPORTED, "Refused", "已拒绝"),
	TEXT(REPORTED_TEXT,
		"This sign-in was refused as somebody else's attempt, and that was logged. "
		"You can close this page.",
		"本次登录已作为他人的企图被拒绝，并已记入日志。您可以关闭此页面。"),
	TEXT(OPEN, "Open in WeChat", "请用微信打开"),
	TEXT(OPEN_TEXT, "Scan this QR code with WeChat on your phone.",
		"请用手机微信扫描此二维码。"),
	TEXT(OPEN_CAUTION,
		"Scan it only if you are signing in at a terminal yourself, right now. If somebody "
		"sent you this page, close it.",
		"只有当您本人此刻正在终端上登录时才扫描。如果此页面是别人发给您的，请关闭它。"),
	TEXT(ENROLL_OPEN_CAUTION,
		"Scan it only if you are speaking with the administrator who sent it, right now. "
		"Otherwise close this page.",
		"只有当您此刻正与发来此链接的管理员联系时才扫描，否则请关闭此页面。"),
	TEXT(OPEN_HINT,
		"Is this the phone with WeChat? Take a screenshot, and choose it in WeChat's Scan.",
		"如果微信就在这部手机上：请截屏，再在微信“扫一扫”中从相册选取。"),
	TEXT(WECOM, "Open in WeChat, not in WeCom", "请用微信打开，而不是企业微信"),
	TEXT(WECOM_TEXT,
		"WeCom can't sign you in here. Scan this QR code with WeChat on your phone.",
		"企业微信不能在这里登录。请用手机微信扫描此二维码。"),
	TEXT(QR, "QR code of this page's address", "此页面地址的二维码"),

	TEXT(NEUTRAL, "Another phone is finishing this sign-in", "另一部手机正在完成本次登录"),
	TEXT(NEUTRAL_TEXT, "There is nothing to do here. You can close this page.",
		"这里无需操作。您可以关闭此页面。"),
	TEXT(GONE, "This page is over", "此页面已失效"),
	TEXT(GONE_TEXT, "Start again in the terminal, and scan the new QR code.",
		"请在终端中重新开始，并扫描新的二维码。"),
	TEXT(FINISHED, "Done on this phone", "手机上的操作已完成"),
	TEXT(FINISHED_TEXT,
		"This sign-in has ended; the terminal shows how. You can close this page.",
		"本次登录已经结束，结果请看终端。您可以关闭此页面。"),
	TEXT(NOT_LINKED, "This WeChat may not sign in here", "此微信不能在这里登录"),
	TEXT(NOT_LINKED_TEXT,
		"This WeChat account is not linked with this user. Try again with the WeChat that "
		"is, or ask the administrator to link it.",
		"此微信账号没有与该用户关联。请换用已关联的微信重试，或请管理员关联。"),
	TEXT(SNAPSHOT, "Open the page itself", "请打开完整页面"),
	TEXT(SNAPSHOT_TEXT,
		"WeChat showed a snapshot of this page, and named no real person. Open the page "
		"normally, and tap Continue.",
		"微信打开的是快照页，没有给出真实身份。请打开完整页面，再点击“继续”。"),
	TEXT(RISK, "WeChat refused this account", "微信拒绝了此账号"),
	TEXT(RISK_TEXT,
		"WeChat's risk control does not let this account sign in. Look in WeChat why, or "
		"sign "
		"in another way.",
		"此账号被微信风控限制，不能登录。请在微信中查看原因，或换用其他方式登录。"),
	TEXT(CODE, "That took too long", "已超时或已使用"),
	TEXT(CODE_TEXT, "What WeChat sent is used up or too old. Try again.",
		"微信给出的凭证已使用过或已过期，请重试。"),
	TEXT(BUSY, "WeChat is busy", "微信繁忙"),
	TEXT(BUSY_TEXT, "Try again in a moment.", "请稍后重试。"),
	TEXT(SETUP, "Sign-in is not set up correctly", "登录功能设置有误"),
	TEXT(SETUP_TEXT, "Only the administrator can mend this. Show them what stands below.",
		"只有管理员能够修复。请把以下内容告诉管理员。"),
	TEXT(UNREACHABLE, "WeChat can't be reached", "无法连接微信"),
	TEXT(UNREACHABLE_TEXT, "The host you sign in to can't reach WeChat. Try again in a moment.",
		"您要登录的主机连接不上微信，请稍后重试。"),
	TEXT(BAD_ANSWER, "WeChat's answer was unreadable", "微信的应答无法识别"),
	TEXT(BAD_ANSWER_TEXT, "Try again; if that does not help, tell the administrator.",
		"请重试；如果仍然不行，请告诉管理员。"),
	TEXT(TOO_MANY, "Too many attempts", "尝试次数过多"),
	TEXT(TOO_MANY_TEXT, "Start again in the terminal, and scan the new QR code.",
		"请在终端中重新开始，并扫描新的二维码。"),
	TEXT(INTERNAL, "Something went wrong", "出现错误"),
	TEXT(INTERNAL_TEXT,
		"Start again in the terminal; if that does not help, tell the "
		"administrator.",
		"请在终端中重新开始；如果仍然不行，请告诉管理员。"),
	TEXT(ERRCODE, "WeChat's error code", "微信错误码"),
	TEXT(RID, "WeChat's request id", "微信请求编号"),

	TEXT(BAD_REQUEST, "That was no valid request", "请求无效"),
	TEXT(BAD_METHOD, "That is not possible here", "不支持此操作"),
	TEXT(TOO_LARGE, "That request is too large", "请求过大"),
	TEXT(SCAN_TEXT, "Scan the QR code in the terminal again.", "请重新扫描终端中的二维码。"),
	TEXT(TOO_OFTEN, "One moment", "请稍候"),
	TEXT(TOO_OFTEN_TEXT,
		"There were too many requests at once. Wait some seconds, then reload this page.",
		"请求过于频繁。请等待几秒钟，再刷新此页面。"),
	TEXT(RESTARTING, "Being restarted", "正在重启"),
	TEXT(RESTARTING_TEXT, "Reload this page in a moment.", "请稍后刷新此页面。"),
};

const char *message_text(enum message message, enum language language)
{
	return texts[message][language];
}

void message_add(
	struct text *text, enum message message, enum language language, const char *const values[])
{
	const char *at = message_text(message, language);
	const char *mark;

	while ((mark = strchr(at, '%')) != NULL) {
		text_add_bytes(text, at, (size_t)(mark - at));
		text_add(text, values[mark[1] - '1']);
		at = mark + 2;
	}
	text_add(text, at);
}
