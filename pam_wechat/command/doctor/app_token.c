#include "app_token.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "deadline.h"
#include "http_request.h"
#include "settings.h"
#include "text.h"

#define PATH "/cgi-bin/stable_token"

static long read_errcode(const char *body)
{
	cJSON *answer = cJSON_Parse(body);
	const cJSON *errcode = cJSON_GetObjectItemCaseSensitive(answer, "errcode");
	const cJSON *token = cJSON_GetObjectItemCaseSensitive(answer, "access_token");
	long found = APP_TOKEN_NO_ANSWER;

	if (cJSON_IsString(token)) {
		explicit_bzero(token->valuestring, strlen(token->valuestring));
		found = APP_TOKEN_GIVEN;
	}
	if (cJSON_IsNumber(errcode) && errcode->valueint != 0)
		found = errcode->valueint;
	cJSON_Delete(answer);
	return found;
}

/* Makes the body of the request. Returns a string that the caller wipes and frees, or NULL. */
static char *make_body(const struct app_token *asked)
{
	cJSON *object = cJSON_CreateObject();
	char *body = NULL;

	if (cJSON_AddStringToObject(object, "grant_type", "client_credential") != NULL &&
		cJSON_AddStringToObject(object, "appid", asked->settings->appid) != NULL &&
		cJSON_AddStringToObject(object, "secret", asked->secret) != NULL &&
		cJSON_AddFalseToObject(object, "force_refresh") != NULL)
		body = cJSON_PrintUnformatted(object);
	cJSON_Delete(object);
	return body;
}

static long ask(const struct app_token *asked, const char *base, const char *body)
{
	struct http_response *response = calloc(1, sizeof(*response));
	char url[512];
	struct http_request request = {.url = url,
		.json = body,
		.ca_file = asked->settings->ca_file,
		.proxy = asked->settings->proxy,
		.ms = asked->seconds * 1000};
	long errcode = APP_TOKEN_NO_ANSWER;

	if (response != NULL && text_format(url, sizeof(url), "%s" PATH, base) == 0 &&
		http_request(&request, response) == 0 && response->failure == HTTP_NO_FAILURE)
		errcode = read_errcode(response->body);
	if (response != NULL)
		explicit_bzero(response, sizeof(*response));
	free(response);
	return errcode;
}

static int work(int fd, void *context)
{
	const struct app_token *asked = context;
	const struct settings *settings = asked->settings;
	long errcode = APP_TOKEN_NO_ANSWER;
	char *body;

	if (unprivileged_become(&asked->as) < 0)
		return EXIT_FAILURE;
	body = make_body(asked);
	for (size_t i = 0;
		body != NULL && i < settings->api_url.count && errcode == APP_TOKEN_NO_ANSWER; i++)
		errcode = ask(asked, settings->api_url.items[i], body);
	if (body != NULL)
		explicit_bzero(body, strlen(body));
	free(body);
	return write(fd, &errcode, sizeof(errcode)) == sizeof(errcode) ? EXIT_SUCCESS
	                                                               : EXIT_FAILURE;
}

int app_token_begin(struct app_token *asked)
{
	int rv = unprivileged_choose(&asked->as, asked->settings->exchange_user);

	asked->process = (struct subprocess){.pid = -1, .fd = -1};
	return rv < 0 ? rv : subprocess_begin(&asked->process, work, asked);
}

int app_token_finish(struct app_token *asked, long *errcode, struct deadline deadline)
{
	char bytes[sizeof(*errcode) + 1];
	int status = 0;
	int rv = subprocess_finish(&asked->process, bytes, sizeof(bytes), &status, deadline);

	if (rv != (int)sizeof(*errcode))
		return rv < 0 ? rv : -EIO;
	memcpy(errcode, bytes, sizeof(*errcode));
	return 0;
}
