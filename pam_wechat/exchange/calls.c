#include "calls.h"

#include <string.h>

#include "text.h"
#include "url.h"

static void add(struct text *text, const char *before, const char *value)
{
	text_add(text, before);
	url_encode(text, value, strlen(value));
}

int calls_access_token(char *path, const char *appid, const char *secret, const char *code)
{
	struct text text;

	text_init(&text, path, CALLS_PATH_MAX);
	add(&text, "/sns/oauth2/access_token?appid=", appid);
	add(&text, "&secret=", secret);
	add(&text, "&code=", code);
	text_add(&text, "&grant_type=authorization_code");
	return text_finish(&text);
}

int calls_refresh_token(char *path, const char *appid, const char *refresh_token)
{
	struct text text;

	text_init(&text, path, CALLS_PATH_MAX);
	add(&text, "/sns/oauth2/refresh_token?appid=", appid);
	text_add(&text, "&grant_type=refresh_token");
	add(&text, "&refresh_token=", refresh_token);
	return text_finish(&text);
}

int calls_userinfo(char *path, const char *access_token, const char *openid)
{
	struct text text;

	text_init(&text, path, CALLS_PATH_MAX);
	add(&text, "/sns/userinfo?access_token=", access_token);
	add(&text, "&openid=", openid);
	text_add(&text, "&lang=zh_CN");
	return text_finish(&text);
}

int calls_auth(char *path, const char *access_token, const char *openid)
{
	struct text text;

	text_init(&text, path, CALLS_PATH_MAX);
	add(&text, "/sns/auth?access_token=", access_token);
	add(&text, "&openid=", openid);
	return text_finish(&text);
}
