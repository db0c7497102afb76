#include "page.h"

#include <stdbool.h>
#include <string.h>

#include "deadline.h"
#include "details.h"
#include "login.h"
#include "picture.h"
#include "settings.h"
#include "template.h"
#include "text.h"

#define HEADING_MAX 1024
#define HOW_MAX 1024
#define ACTION_MAX 640
#define PICTURE_MAX 16384

/* What a page's values may be made of while it is rendered. */
struct scratch {
	char heading[HEADING_MAX];
	char how[HOW_MAX];
	char until[512];
	char action[ACTION_MAX];
	char greeting[256];
	char detail[256];
	char link[ACTION_MAX];
	char size[8];
	char picture[PICTURE_MAX];
};

static const char *say(const struct page *page, enum message message)
{
	return message_text(message, page->language);
}

static bool can_have_form(enum page_kind kind)
{
	return kind == PAGE_ASK || kind == PAGE_AGAIN || kind == PAGE_ASKING || kind == PAGE_DIGITS;
}

bool page_has_form(const struct page *page)
{
	return can_have_form(page->kind) && page->login != NULL && page->browser != NULL;
}

static const char *find_brand(const struct page *page, const struct settings *settings)
{
	if (page->login != NULL && page->kind != PAGE_OPEN_IN_WECHAT &&
		page->login->details->brand[0] != '\0')
		return page->login->details->brand;
	return settings->brand != NULL ? settings->brand : say(page, MESSAGE_SITE);
}

/* A phone may be far from the host: the seconds are the same everywhere. */
static void fill_until(const char **values, const struct page *page, struct scratch *scratch)
{
	char seconds[16];
	const char *const parts[] = {seconds, page->login->details->until};
	struct text until;

	(void)text_format(seconds, sizeof(seconds), "%d",
		(deadline_left(page->login->deadline) + 999) / 1000);
	text_init(&until, scratch->until, sizeof(scratch->until));
	message_add(&until, MESSAGE_VALID_FOR, page->language, parts);
	values[SLOT_UNTIL] = scratch->until;
}

static void fill_facts(const char **values, const struct page *page, struct scratch *scratch)
{
	const struct details *details = page->login->details;
	struct text how;

	text_init(&how, scratch->how, sizeof(scratch->how));
	details_add_how(details, page->language, &how);
	values[SLOT_USER] = details->user;
	values[SLOT_HOST] = details->host;
	values[SLOT_HOW] = scratch->how;
	values[SLOT_FROM] = details->from[0] == '\0' ? say(page, MESSAGE_HERE) : details->from;
	fill_until(values, page, scratch);
	values[SLOT_USER_LABEL] = say(page, MESSAGE_USER);
	values[SLOT_HOST_LABEL] = say(page, MESSAGE_HOST);
	values[SLOT_HOW_LABEL] = say(page, MESSAGE_HOW);
	values[SLOT_FROM_LABEL] = say(page, MESSAGE_FROM);
	values[SLOT_UNTIL_LABEL] = say(page, MESSAGE_VALID);
}

/* The heading of an enrolment names user and host, whose lengths are bounded. */
static void fill_heading(const char **values, const struct page *page, struct scratch *scratch)
{
	struct text heading;

	text_init(&heading, scratch->heading, sizeof(scratch->heading));
	details_add_message(page->login->details, page->heading, page->language, &heading);
	values[SLOT_HEADING] = scratch->heading;
}

/* public_url's length is bounded: the action fits. */
static void fill_form(const char **values, const struct page *page, const struct settings *settings,
	struct scratch *scratch)
{
	(void)text_format(scratch->action, sizeof(scratch->action), "%s/l/%s", settings->base,
		page->login->id);
	values[SLOT_ACTION] = scratch->action;
	values[SLOT_TOKEN] = page->browser->token;
	values[SLOT_CONTINUE] = say(page, page->go_on);
	values[SLOT_REFUSE] = say(page, MESSAGE_REFUSE);
}

static void fill_won(const char **values, const struct page *page, struct scratch *scratch)
{
	values[SLOT_PIN] = page->login->pin;
	values[SLOT_CAUTION] = say(
		page, login_enrols(page->login) ? MESSAGE_ENROLL_PIN_CAUTION : MESSAGE_PIN_CAUTION);
	if (page->login->nickname[0] == '\0')
		return;
	(void)text_format(scratch->greeting, sizeof(scratch->greeting), "%s%s",
		say(page, MESSAGE_HELLO), page->login->nickname);
	values[SLOT_GREETING] = scratch->greeting;
}

static void fill_detail(const char **values, const struct page *page, struct scratch *scratch)
{
	struct text detail;

	text_init(&detail, scratch->detail, sizeof(scratch->detail));
	if (page->errcode != NULL)
		text_addf(&detail, "%s %s", say(page, MESSAGE_ERRCODE), page->errcode);
	if (page->rid != NULL)
		text_addf(&detail, "%s%s %s", page->errcode == NULL ? "" : " · ",
			say(page, MESSAGE_RID), page->rid);
	values[SLOT_DETAIL] = scratch->detail;
}

/* Without a picture, for want of memory, the page still says what to do. */
static void fill_link(const char **values, const struct page *page, const struct settings *settings,
	struct scratch *scratch)
{
	struct text path;
	int size = -1;

	text_init(&path, scratch->picture, sizeof(scratch->picture));
	if (text_format(scratch->link, sizeof(scratch->link), "%s/l/%s", settings->public_url,
		    page->login->id) == 0)
		size = picture_draw(scratch->link, &path);
	(void)text_format(scratch->size, sizeof(scratch->size), "%d", size < 0 ? 0 : size);
	values[SLOT_QR_SIZE] = scratch->size;
	values[SLOT_QR_PATH] = size < 0 ? NULL : scratch->picture;
	values[SLOT_QR_LABEL] = say(page, MESSAGE_QR);
	values[SLOT_CAUTION] = say(page,
		login_enrols(page->login) ? MESSAGE_ENROLL_OPEN_CAUTION : MESSAGE_OPEN_CAUTION);
	values[SLOT_HINT] = say(page, MESSAGE_OPEN_HINT);
}

void page_render(struct text *text, const struct page *page, const struct settings *settings)
{
	const char *values[SLOT_COUNT] = {
		[SLOT_NONCE] = page->nonce,
		[SLOT_LANGUAGE] = language_tag(page->language),
		[SLOT_BRAND] = find_brand(page, settings),
		[SLOT_HEADING] = say(page, page->heading),
		[SLOT_WORDS] = say(page, page->words),
	};
	struct scratch scratch = {.detail = ""};
	enum page_kind kind = page->kind;

	if (page->login != NULL)
		fill_heading(values, page, &scratch);
	if (page_has_form(page)) {
		fill_facts(values, page, &scratch);
		fill_form(values, page, settings, &scratch);
	} else if (can_have_form(kind)) {
		kind = PAGE_REFUSED;
	}
	if (kind == PAGE_DIGITS || (kind == PAGE_SIGNED_IN && page->login != NULL))
		fill_won(values, page, &scratch);
	else if (kind == PAGE_REFUSED)
		fill_detail(values, page, &scratch);
	else if (kind == PAGE_OPEN_IN_WECHAT)
		fill_link(values, page, settings, &scratch);
	template_render(pages_find(settings->pages, kind), values, text);
	explicit_bzero(&scratch, sizeof(scratch));
}

static void set(struct page *page, enum page_kind kind, enum message heading, enum message words)
{
	page->status = 200;
	page->kind = kind;
	page->heading = heading;
	page->words = words;
	page->go_on = kind == PAGE_AGAIN ? MESSAGE_TRY_AGAIN : MESSAGE_CONTINUE;
}

void page_show_stage(struct page *page, const struct login *login, const struct browser *browser)
{
	page->login = login;
	page->browser = browser;
	switch (login_stage(login, browser)) {
	case LOGIN_ASK:
		if (login_is_asking(login, browser))
			set(page, PAGE_ASKING, MESSAGE_ASKING, MESSAGE_ASKING_TEXT);
		else if (login_enrols(login))
			set(page, PAGE_ASK, MESSAGE_ENROLL, MESSAGE_ENROLL_TEXT);
		else
			set(page, PAGE_ASK, MESSAGE_ASK, MESSAGE_ASK_TEXT);
		break;
	case LOGIN_WON:
		if (login->pin[0] == '\0')
			set(page, PAGE_SIGNED_IN, MESSAGE_SIGNED_IN, MESSAGE_SIGNED_IN_TEXT);
		else if (login_enrols(login))
			set(page, PAGE_DIGITS, MESSAGE_ENROLL_PIN, MESSAGE_ENROLL_PIN_TEXT);
		else
			set(page, PAGE_DIGITS, MESSAGE_PIN, MESSAGE_PIN_TEXT);
		break;
	case LOGIN_NEUTRAL:
		set(page, PAGE_GONE, MESSAGE_NEUTRAL, MESSAGE_NEUTRAL_TEXT);
		break;
	case LOGIN_REPORTED:
		set(page, PAGE_REFUSED, MESSAGE_REPORTED, MESSAGE_REPORTED_TEXT);
		break;
	}
}

void page_show_reason(struct page *page, enum reason reason)
{
	static const struct {
		enum page_kind kind;
		enum message heading, words;
	} pages[REASON_COUNT] = {
		[REASON_NOBODY] = {PAGE_GONE, MESSAGE_NEUTRAL, MESSAGE_NEUTRAL_TEXT},
		[REASON_NOT_LINKED] = {PAGE_AGAIN, MESSAGE_NOT_LINKED, MESSAGE_NOT_LINKED_TEXT},
		[REASON_SNAPSHOT] = {PAGE_AGAIN, MESSAGE_SNAPSHOT, MESSAGE_SNAPSHOT_TEXT},
		[REASON_RISK] = {PAGE_REFUSED, MESSAGE_RISK, MESSAGE_RISK_TEXT},
		[REASON_CODE] = {PAGE_AGAIN, MESSAGE_CODE, MESSAGE_CODE_TEXT},
		[REASON_BUSY] = {PAGE_AGAIN, MESSAGE_BUSY, MESSAGE_BUSY_TEXT},
		[REASON_SETUP] = {PAGE_REFUSED, MESSAGE_SETUP, MESSAGE_SETUP_TEXT},
		[REASON_UNREACHABLE] = {PAGE_AGAIN, MESSAGE_UNREACHABLE, MESSAGE_UNREACHABLE_TEXT},
		[REASON_BAD_ANSWER] = {PAGE_AGAIN, MESSAGE_BAD_ANSWER, MESSAGE_BAD_ANSWER_TEXT},
		[REASON_TOO_MANY] = {PAGE_REFUSED, MESSAGE_TOO_MANY, MESSAGE_TOO_MANY_TEXT},
		[REASON_REPORTED] = {PAGE_REFUSED, MESSAGE_REPORTED, MESSAGE_REPORTED_TEXT},
		[REASON_EXPIRED] = {PAGE_GONE, MESSAGE_GONE, MESSAGE_GONE_TEXT},
	};

	if (pages[reason].heading == MESSAGE_NONE)
		set(page, PAGE_REFUSED, MESSAGE_INTERNAL, MESSAGE_INTERNAL_TEXT);
	else
		set(page, pages[reason].kind, pages[reason].heading, pages[reason].words);
	/* Whoever saw a snapshot has not tapped it yet. */
	if (reason == REASON_SNAPSHOT)
		page->go_on = MESSAGE_CONTINUE;
}

void page_show_outcome(struct page *page, const struct outcome *outcome)
{
	page_show_reason(page, outcome->reason);
	/* What the administrator is to be shown. */
	if (outcome->reason == REASON_SETUP && outcome->errcode[0] != '\0')
		page->errcode = outcome->errcode;
	if (outcome->reason == REASON_SETUP && outcome->rid[0] != '\0')
		page->rid = outcome->rid;
}

void page_show_cancelled(struct page *page)
{
	set(page, PAGE_AGAIN, MESSAGE_CANCELLED, MESSAGE_CANCELLED_TEXT);
}

void page_show_finished(struct page *page)
{
	set(page, PAGE_SIGNED_IN, MESSAGE_FINISHED, MESSAGE_FINISHED_TEXT);
}

void page_show_open(struct page *page, bool wecom)
{
	set(page, PAGE_OPEN_IN_WECHAT, wecom ? MESSAGE_WECOM : MESSAGE_OPEN,
		wecom ? MESSAGE_WECOM_TEXT : MESSAGE_OPEN_TEXT);
}

void page_show_error(struct page *page, int status)
{
	static const struct {
		int status;
		enum message heading, words;
	} pages[] = {
		{400, MESSAGE_BAD_REQUEST, MESSAGE_SCAN_TEXT},
		{404, MESSAGE_GONE, MESSAGE_GONE_TEXT},
		{405, MESSAGE_BAD_METHOD, MESSAGE_SCAN_TEXT},
		{413, MESSAGE_TOO_LARGE, MESSAGE_SCAN_TEXT},
		{414, MESSAGE_TOO_LARGE, MESSAGE_SCAN_TEXT},
		{417, MESSAGE_BAD_REQUEST, MESSAGE_SCAN_TEXT},
		{429, MESSAGE_TOO_OFTEN, MESSAGE_TOO_OFTEN_TEXT},
		{431, MESSAGE_TOO_LARGE, MESSAGE_SCAN_TEXT},
		{501, MESSAGE_BAD_METHOD, MESSAGE_SCAN_TEXT},
		{503, MESSAGE_RESTARTING, MESSAGE_RESTARTING_TEXT},
	};

	set(page, status == 404 ? PAGE_GONE : PAGE_ERROR, MESSAGE_INTERNAL, MESSAGE_INTERNAL_TEXT);
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (pages[i].status == status) {
			page->heading = pages[i].heading;
			page->words = pages[i].words;
		}
	}
	page->status = status;
}
