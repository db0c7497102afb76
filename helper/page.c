#include "page.h"

#include "login.h"
#include "text.h"

void page_escape(struct text *text, const char *string)
{
	for (; *string != '\0'; string++) {
		switch (*string) {
		case '&':
			text_add(text, "&amp;");
			break;
		case '<':
			text_add(text, "&lt;");
			break;
		case '>':
			text_add(text, "&gt;");
			break;
		case '"':
			text_add(text, "&quot;");
			break;
		case '\'':
			text_add(text, "&#39;");
			break;
		default:
			text_add_bytes(text, string, 1);
		}
	}
}

static void add_message(struct text *text, const struct page *page, enum message message)
{
	page_escape(text, message_text(message, page->language));
}

static void add_paragraph(struct text *text, const struct page *page, enum message message)
{
	text_add(text, "<p>");
	add_message(text, page, message);
	text_add(text, "</p>\n");
}

static void add_row(
	struct text *text, const struct page *page, enum message name, const char *value)
{
	if (value == NULL || value[0] == '\0')
		return;
	text_add(text, "<dt>");
	add_message(text, page, name);
	text_add(text, "</dt><dd>");
	page_escape(text, value);
	text_add(text, "</dd>\n");
}

static void add_details(struct text *text, const struct page *page)
{
	const struct shown *shown = page->login->shown;

	text_add(text, "<dl>\n");
	add_row(text, page, MESSAGE_USER, shown->user);
	add_row(text, page, MESSAGE_HOST, shown->host);
	add_row(text, page, MESSAGE_SERVICE, shown->service);
	add_row(text, page, MESSAGE_FROM, shown->from);
	add_row(text, page, MESSAGE_ASKER, shown->asker);
	add_row(text, page, MESSAGE_UNTIL, shown->until);
	text_add(text, "</dl>\n");
}

static void add_button(
	struct text *text, const struct page *page, const char *choice, enum message message)
{
	text_addf(text, "<button name=\"choice\" value=\"%s\">", choice);
	add_message(text, page, message);
	text_add(text, "</button>\n");
}

static void add_form(struct text *text, const struct page *page)
{
	text_add(text, "<form method=\"post\" action=\"");
	page_escape(text, page->base);
	text_addf(text, "/l/%s\">\n<input type=\"hidden\" name=\"token\" value=\"%s\">\n",
		page->login->id, page->browser->token);
	if (page->form == PAGE_ASK)
		add_button(text, page, "continue", MESSAGE_CONTINUE);
	else if (page->form == PAGE_TRY_AGAIN)
		add_button(text, page, "continue", MESSAGE_TRY_AGAIN);
	add_button(text, page, "refuse", MESSAGE_REFUSE);
	text_add(text, "</form>\n");
}

static void add_head(struct text *text, const struct page *page)
{
	text_addf(text,
		"<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<link rel=\"stylesheet\" href=\"",
		language_tag(page->language));
	page_escape(text, page->base);
	text_add(text, "/style.css\">\n<title>");
	add_message(text, page, page->heading);
	text_add(text, "</title>\n</head>\n<body>\n<main>\n<p class=\"site\">");
	if (page->login != NULL && page->login->shown->brand[0] != '\0')
		page_escape(text, page->login->shown->brand);
	else if (page->brand != NULL)
		page_escape(text, page->brand);
	else
		add_message(text, page, MESSAGE_SITE);
	text_add(text, "</p>\n<h1>");
	add_message(text, page, page->heading);
	text_add(text, "</h1>\n");
}

void page_render(struct text *text, const struct page *page)
{
	bool has_form = page->form != PAGE_NO_FORM && page->login != NULL && page->browser != NULL;

	add_head(text, page);
	if (page->nickname != NULL && page->nickname[0] != '\0') {
		text_add(text, "<p>");
		add_message(text, page, MESSAGE_HELLO);
		page_escape(text, page->nickname);
		text_add(text, "</p>\n");
	}
	if (page->pin != NULL)
		text_addf(text, "<p id=\"pin\">%s</p>\n", page->pin);
	add_paragraph(text, page, page->words);
	if (page->pin != NULL)
		add_paragraph(text, page, MESSAGE_PIN_WARNING);
	if (page->errcode != NULL || page->rid != NULL) {
		text_add(text, "<dl>\n");
		add_row(text, page, MESSAGE_ERRCODE, page->errcode);
		add_row(text, page, MESSAGE_RID, page->rid);
		text_add(text, "</dl>\n");
	}
	if (has_form) {
		add_details(text, page);
		add_form(text, page);
	}
	text_add(text, "</main>\n</body>\n</html>\n");
}

static void show_won(struct page *page, const struct login *login)
{
	page->nickname = login->nickname;
	if (login->pin[0] == '\0') {
		page->heading = MESSAGE_SIGNED_IN;
		page->words = MESSAGE_SIGNED_IN_TEXT;
		return;
	}
	page->heading = MESSAGE_PIN;
	page->words = MESSAGE_PIN_TEXT;
	page->form = PAGE_REFUSE;
	page->pin = login->pin;
}

void page_show_stage(struct page *page, const struct login *login, const struct browser *browser)
{
	page->status = 200;
	page->login = login;
	page->browser = browser;
	page->form = PAGE_NO_FORM;
	switch (login_stage(login, browser)) {
	case LOGIN_ASK:
		page->heading = MESSAGE_ASK;
		page->words = MESSAGE_ASK_TEXT;
		page->form = PAGE_ASK;
		break;
	case LOGIN_WON:
		show_won(page, login);
		break;
	case LOGIN_NEUTRAL:
		page->heading = MESSAGE_NEUTRAL;
		page->words = MESSAGE_NEUTRAL_TEXT;
		break;
	case LOGIN_REPORTED:
		page->heading = MESSAGE_REPORTED;
		page->words = MESSAGE_REPORTED_TEXT;
		break;
	}
}

void page_show_reason(struct page *page, enum reason reason)
{
	static const struct {
		enum message heading, words;
		enum page_form form;
	} pages[REASON_COUNT] = {
		[REASON_NOBODY] = {MESSAGE_NEUTRAL, MESSAGE_NEUTRAL_TEXT, PAGE_NO_FORM},
		[REASON_NOT_LINKED] = {MESSAGE_NOT_LINKED, MESSAGE_NOT_LINKED_TEXT, PAGE_TRY_AGAIN},
		[REASON_SNAPSHOT] = {MESSAGE_SNAPSHOT, MESSAGE_SNAPSHOT_TEXT, PAGE_TRY_AGAIN},
		[REASON_RISK] = {MESSAGE_RISK, MESSAGE_RISK_TEXT, PAGE_NO_FORM},
		[REASON_CODE] = {MESSAGE_CODE, MESSAGE_CODE_TEXT, PAGE_TRY_AGAIN},
		[REASON_BUSY] = {MESSAGE_BUSY, MESSAGE_BUSY_TEXT, PAGE_TRY_AGAIN},
		[REASON_SETUP] = {MESSAGE_SETUP, MESSAGE_SETUP_TEXT, PAGE_NO_FORM},
		[REASON_UNREACHABLE] = {MESSAGE_UNREACHABLE, MESSAGE_UNREACHABLE_TEXT,
			PAGE_TRY_AGAIN},
		[REASON_BAD_ANSWER] = {MESSAGE_BAD_ANSWER, MESSAGE_BAD_ANSWER_TEXT, PAGE_TRY_AGAIN},
		[REASON_TOO_MANY] = {MESSAGE_TOO_MANY, MESSAGE_TOO_MANY_TEXT, PAGE_NO_FORM},
		[REASON_REPORTED] = {MESSAGE_REPORTED, MESSAGE_REPORTED_TEXT, PAGE_NO_FORM},
		[REASON_EXPIRED] = {MESSAGE_GONE, MESSAGE_GONE_TEXT, PAGE_NO_FORM},
	};

	page->status = 200;
	page->heading = pages[reason].heading;
	page->words = pages[reason].words;
	page->form = pages[reason].form;
	if (page->heading == MESSAGE_NONE) {
		page->heading = MESSAGE_INTERNAL;
		page->words = MESSAGE_INTERNAL_TEXT;
	}
}

void page_show_error(struct page *page, int status)
{
	static const struct {
		int status;
		enum message heading, words;
	} pages[] = {
		{400, MESSAGE_BAD_REQUEST, MESSAGE_BAD_REQUEST_TEXT},
		{404, MESSAGE_GONE, MESSAGE_GONE_TEXT},
		{405, MESSAGE_BAD_METHOD, MESSAGE_BAD_METHOD_TEXT},
		{413, MESSAGE_TOO_LARGE, MESSAGE_TOO_LARGE_TEXT},
		{414, MESSAGE_TOO_LARGE, MESSAGE_TOO_LARGE_TEXT},
		{417, MESSAGE_BAD_REQUEST, MESSAGE_BAD_REQUEST_TEXT},
		{429, MESSAGE_TOO_OFTEN, MESSAGE_TOO_OFTEN_TEXT},
		{431, MESSAGE_TOO_LARGE, MESSAGE_TOO_LARGE_TEXT},
		{501, MESSAGE_BAD_METHOD, MESSAGE_BAD_METHOD_TEXT},
		{503, MESSAGE_RESTARTING, MESSAGE_RESTARTING_TEXT},
	};

	page->status = status;
	page->heading = MESSAGE_INTERNAL;
	page->words = MESSAGE_INTERNAL_TEXT;
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (pages[i].status == status) {
			page->heading = pages[i].heading;
			page->words = pages[i].words;
		}
	}
}

const char page_style[] =
	":root{color-scheme:light dark}\n"
	"body{margin:0;font:17px/1.5 system-ui,sans-serif}\n"
	"main{max-width:28em;margin:0 auto;padding:1.5em}\n"
	".site{margin:0;opacity:.7}\n"
	"h1{margin:.2em 0 .6em;font-size:1.5em;line-height:1.25}\n"
	"#pin{margin:.3em 0;font:700 3.5em/1.2 ui-monospace,monospace;letter-spacing:.2em}\n"
	"dl{display:grid;grid-template-columns:auto 1fr;gap:.4em 1em;margin:1.2em 0}\n"
	"dt{opacity:.7}\n"
	"dd{margin:0;font-weight:600;overflow-wrap:anywhere}\n"
	"button{display:block;width:100%;margin:.8em 0;padding:.8em;border:0;border-radius:.5em;"
	"font:inherit;background:#8884;color:inherit}\n"
	"button[value=continue]{background:#07803f;color:#fff}\n";
