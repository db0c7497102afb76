#include "answer.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "display.h"
#include "errcode.h"
#include "escapes.h"
#include "secret.h"
#include "text.h"
#include "token.h"

static void set_bad(struct answer *answer, const char *advice)
{
	answer->reason = REASON_BAD_ANSWER;
	answer->advice = advice;
	answer->openid[0] = '\0';
	explicit_bzero(answer->access_token, sizeof(answer->access_token));
}

static bool has_repeated_name(const cJSON *object)
{
	for (const cJSON *one = object->child; one != NULL; one = one->next) {
		for (const cJSON *other = one->next; other != NULL; other = other->next) {
			if (strcmp(one->string, other->string) == 0)
				return true;
		}
	}
	return false;
}

/* Parses an object with nothing behind it but white space. Returns NULL, or the caller's to delete.
 */
static cJSON *parse_object(struct answer *answer, const char *body, size_t length)
{
	const char *end = NULL;
	struct secret *text = NULL;
	cJSON *object = NULL;

	/* cJSON's strings end at a NUL, so that one could hide what stands behind it. */
	if (memchr(body, '\0', length) != NULL) {
		set_bad(answer, "WeChat's answer holds a NUL");
		return NULL;
	}
	text = secret_create(length + 1);
	if (text == NULL) {
		set_bad(answer, "out of memory");
		answer->reason = REASON_MEMORY;
		return NULL;
	}
	memcpy(text->bytes, body, length);
	escapes_defuse(text->bytes, length);
	object = cJSON_ParseWithLengthOpts(text->bytes, length, &end, false);
	if (object == NULL || !cJSON_IsObject(object)) {
		set_bad(answer, "WeChat's answer is not a JSON object");
		goto refused;
	}
	for (; end < text->bytes + length; end++) {
		if (strchr(" \t\r\n", *end) == NULL) {
			set_bad(answer, "WeChat's answer has something behind its JSON");
			goto refused;
		}
	}
	if (has_repeated_name(object)) {
		set_bad(answer, "WeChat's answer repeats a name");
		goto refused;
	}
	secret_free(&text);
	return object;
refused:
	secret_free(&text);
	cJSON_Delete(object);
	return NULL;
}

/* Returns 0, or -EBADMSG if the openid is missing or something else. */
static int copy_openid(struct answer *answer, const cJSON *object)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, "openid");

	if (!cJSON_IsString(member) || !token_is_openid(member->valuestring))
		return -EBADMSG;
	memcpy(answer->openid, member->valuestring, strlen(member->valuestring) + 1);
	return 0;
}

/*
 * Copies a token, which is opaque: whatever RFC 6749 calls 1*VSCHAR. "" if there is none, or none
 * that a request can carry.
 */
static void copy_token(char to[ANSWER_TOKEN_MAX + 1], const cJSON *object, const char *name)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);
	size_t length = 0;

	to[0] = '\0';
	if (!cJSON_IsString(member))
		return;
	while (member->valuestring[length] >= 0x21 && member->valuestring[length] <= 0x7e)
		length++;
	if (member->valuestring[length] == '\0' && length <= ANSWER_TOKEN_MAX)
		memcpy(to, member->valuestring, length + 1);
}

/* errmsg ends with "rid: 6583f22d-35b1b023-4a6d02b6" since 2020. */
static void find_rid(struct answer *answer, const cJSON *object)
{
	const cJSON *errmsg = cJSON_GetObjectItemCaseSensitive(object, "errmsg");
	const char *rid;
	size_t length;

	if (!cJSON_IsString(errmsg))
		return;
	rid = strstr(errmsg->valuestring, "rid: ");
	if (rid == NULL)
		return;
	rid += strlen("rid: ");
	length = strspn(rid, "0123456789abcdef-");
	if (length >= sizeof(answer->rid))
		return;
	memcpy(answer->rid, rid, length);
	answer->rid[length] = '\0';
}

/* Sees whether the object is an error. An errcode of 0 may stand in a success. */
static bool is_error(struct answer *answer, const cJSON *object)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, "errcode");
	const struct errcode *errcode;

	if (member == NULL)
		return false;
	if (!cJSON_IsNumber(member) || member->valuedouble != (double)member->valueint) {
		set_bad(answer, "WeChat's errcode is not a whole number");
		return true;
	}
	if (member->valueint == 0)
		return false;
	errcode = errcode_find(member->valueint);
	answer->errcode = member->valueint;
	answer->reason = errcode->reason;
	answer->advice = errcode->advice;
	find_rid(answer, object);
	return true;
}

/* Any flag but a plain 0 marks a virtual user, whose openid means nothing. */
static bool is_snapshot(struct answer *answer, const cJSON *object)
{
	const cJSON *flag = cJSON_GetObjectItemCaseSensitive(object, "is_snapshotuser");

	if (flag == NULL || (cJSON_IsNumber(flag) && flag->valuedouble == 0))
		return false;
	answer->reason = REASON_SNAPSHOT;
	answer->advice = "WeChat showed the page as a snapshot and named a virtual user";
	return true;
}

static cJSON *begin(struct answer *answer, long status, const char *body, size_t length)
{
	cJSON *object;

	memset(answer, 0, sizeof(*answer));
	answer->advice = "";
	object = parse_object(answer, body, length);
	if (object == NULL)
		return NULL;
	if (is_error(answer, object) || is_snapshot(answer, object)) {
		cJSON_Delete(object);
		return NULL;
	}
	/* WeChat answers 200 always: a good body under another status is somebody else's. */
	if (status != 200) {
		set_bad(answer, "a success came with another HTTP status than 200");
		cJSON_Delete(object);
		return NULL;
	}
	return object;
}

void answer_parse_token(struct answer *answer, long status, const char *body, size_t length)
{
	cJSON *object = begin(answer, status, body, length);

	if (object == NULL)
		return;
	if (copy_openid(answer, object) < 0)
		set_bad(answer, "WeChat's answer has no usable openid");
	else {
		copy_token(answer->access_token, object, "access_token");
		copy_token(answer->refresh_token, object, "refresh_token");
	}
	cJSON_Delete(object);
}

/* Nicknames hold whatever people like: escapes, bidirectional controls, bytes that are not UTF-8.
 */
static void copy_nickname(struct answer *answer, const cJSON *object)
{
	const cJSON *nickname = cJSON_GetObjectItemCaseSensitive(object, "nickname");

	if (cJSON_IsString(nickname))
		display_copy(answer->nickname, sizeof(answer->nickname), nickname->valuestring,
			strlen(nickname->valuestring));
}

void answer_parse_userinfo(
	struct answer *answer, const char *openid, long status, const char *body, size_t length)
{
	cJSON *object = begin(answer, status, body, length);

	if (object == NULL) {
		/* WeChat gives snapshot pages a token that may not ask for anything. */
		if (answer->errcode == 48001) {
			answer->reason = REASON_SNAPSHOT;
			answer->advice =
				"userinfo was refused right after its login: a snapshot page";
		}
		return;
	}
	if (copy_openid(answer, object) < 0 || strcmp(answer->openid, openid) != 0)
		set_bad(answer, "userinfo names another openid than the login");
	else
		copy_nickname(answer, object);
	cJSON_Delete(object);
}

void answer_parse_auth(struct answer *answer, long status, const char *body, size_t length)
{
	cJSON *object = begin(answer, status, body, length);

	if (object == NULL)
		return;
	/* An errcode other than 0 was an error: what is missing is no "ok". */
	if (cJSON_GetObjectItemCaseSensitive(object, "errcode") == NULL)
		set_bad(answer, "WeChat's answer does not say whether the token lives");
	cJSON_Delete(object);
}
