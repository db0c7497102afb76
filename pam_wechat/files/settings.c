#include "settings.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "paths.h"
#include "problem.h"
#include "url.h"

static const char *const scopes[] = {"snsapi_base", "snsapi_userinfo", NULL};
static const char *const confirms[] = {"auto", "code", "wait", NULL};
static const char *const qrs[] = {"link", "authorize", NULL};
static const char *const charsets[] = {"utf8", "ascii", "none", NULL};
static const char *const langs[] = {"en", "zh", NULL};
static const char *const unlisteds[] = {"refuse", "ignore", NULL};

static const char *appid_fault(const char *value)
{
	if (strlen(value) != 18 || strncmp(value, "wx", 2) != 0 ||
		strspn(value + 2, "0123456789abcdef") != 16)
		return "must be \"wx\" and 16 hexadecimal digits in lower case";
	return NULL;
}

/* A URL that carries codes or secrets: encrypted, or never leaving this machine. */
static const char *wechat_url_fault(const char *value)
{
	const char *fault = url_fault(value);
	struct url url;

	if (fault == NULL && url_parse(value, &url) == 0 && !url.https &&
		url_reach(&url) != URL_LOOPBACK)
		return "must begin with https:// (http:// is for 127.0.0.1 only)";
	return fault;
}

static const char *short_fault(const char *value)
{
	return strlen(value) <= 128 ? NULL : "is longer than 128 bytes";
}

static const char *path_fault(const char *value)
{
	if (config_path_fault(value) != NULL)
		return config_path_fault(value);
	return strlen(value) <= 512 ? NULL : "is longer than 512 bytes";
}

#define KEY(key, key_type, ...)                                                             \
	{                                                                                   \
		.name = #key, .type = (key_type), .offset = offsetof(struct settings, key), \
		__VA_ARGS__                                                                 \
	}

static const struct config_key keys[] = {
	KEY(appid, CONFIG_STRING, .fault = appid_fault),
	KEY(secret_file, CONFIG_STRING, .fault = path_fault),
	KEY(public_url, CONFIG_STRING, .fault = url_public_fault),
	KEY(scope, CONFIG_WORD, .words = scopes),
	KEY(users_file, CONFIG_STRING, .fault = path_fault),
	KEY(socket, CONFIG_STRING, .fault = path_fault),
	KEY(exchange, CONFIG_STRING, .fault = path_fault),
	KEY(exchange_user, CONFIG_STRING, .fault = short_fault),
	KEY(host_name, CONFIG_STRING, .fault = short_fault),
	KEY(authorize_url, CONFIG_STRING, .fault = wechat_url_fault),
	KEY(api_url, CONFIG_LIST, .fault = wechat_url_fault),
	KEY(ca_file, CONFIG_STRING, .fault = path_fault),
	KEY(proxy, CONFIG_STRING, .fault = url_fault),
	KEY(connect_redirect, CONFIG_FLAG, .fault = NULL),
	KEY(log_openid, CONFIG_FLAG, .fault = NULL),

	KEY(confirm, CONFIG_WORD, .words = confirms, .on_pam_line = true),
	KEY(qr, CONFIG_WORD, .words = qrs, .on_pam_line = true),
	KEY(charset, CONFIG_WORD, .words = charsets, .on_pam_line = true),
	KEY(invert, CONFIG_FLAG, .on_pam_line = true),
	KEY(timeout, CONFIG_NUMBER, .low = 5, .high = 300, .on_pam_line = true),
	KEY(lang, CONFIG_WORD, .words = langs, .on_pam_line = true),
	KEY(unlisted, CONFIG_WORD, .words = unlisteds, .on_pam_line = true),
	KEY(brand, CONFIG_STRING, .fault = short_fault, .on_pam_line = true),
	KEY(debug, CONFIG_FLAG, .on_pam_line = true),
};

const struct config_table settings_table = {keys, sizeof(keys) / sizeof(keys[0])};

static const struct config_key *find_key_of_line(const char *word, size_t length)
{
	for (size_t i = 0; i < settings_table.count; i++) {
		if (keys[i].on_pam_line && strncmp(keys[i].name, word, length) == 0 &&
			keys[i].name[length] == '\0')
			return &keys[i];
	}
	return NULL;
}

static int read_word(
	struct settings *settings, uint64_t *seen, const char *word, struct problem *problem)
{
	size_t length = strcspn(word, "=");
	const struct config_key *key = find_key_of_line(word, length);

	if (key == NULL)
		return problem_set(problem, -EINVAL, "\"%.*s\" is not an option of this line",
			(int)length, word);
	if (word[length] == '=')
		return config_set(
			&settings_table, settings, seen, key->name, word + length + 1, problem);
	if (key->type != CONFIG_FLAG)
		return problem_set(problem, -EINVAL, "%s needs a value", key->name);
	return config_set(&settings_table, settings, seen, key->name, "yes", problem);
}

static int read_line(
	struct settings *settings, int argc, const char *const *argv, struct problem *problem)
{
	uint64_t seen = 0;

	for (int i = 0; i < argc; i++) {
		int rv;

		if (strncmp(argv[i], "conf=", 5) == 0)
			continue;
		rv = read_word(settings, &seen, argv[i], problem);
		if (rv < 0) {
			problem_locate(problem, "PAM line: ");
			return rv;
		}
	}
	return 0;
}

/* Finds conf=PATH, which decides where everything else is read from. */
static int find_conf(int argc, const char *const *argv, const char **path, struct problem *problem)
{
	*path = NULL;
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "conf=", 5) != 0)
			continue;
		if (*path != NULL)
			return problem_set(problem, -EINVAL, "PAM line: conf is given twice");
		*path = argv[i] + 5;
		if (config_path_fault(*path) != NULL)
			return problem_set(
				problem, -EINVAL, "PAM line: conf %s", config_path_fault(*path));
	}
	if (*path == NULL)
		*path = PATH_CONF;
	return 0;
}

static int set_default(char **member, const char *value)
{
	if (*member == NULL)
		*member = strdup(value);
	return *member == NULL ? -ENOMEM : 0;
}

static int add_default_api(struct config_list *list)
{
	list->items[0] = strdup("https://api.weixin.qq.com");
	list->count = list->items[0] == NULL ? 0 : 1;
	return list->count == 0 ? -ENOMEM : 0;
}

static int set_defaults(struct settings *settings)
{
	char host[256] = "";

	if (gethostname(host, sizeof(host) - 1) < 0 || host[0] == '\0')
		strcpy(host, "localhost");
	if (set_default(&settings->secret_file, PATH_SECRET) < 0 ||
		set_default(&settings->users_file, PATH_USERS) < 0 ||
		set_default(&settings->socket, PATH_SOCKET) < 0 ||
		set_default(&settings->exchange, PATH_EXCHANGE) < 0 ||
		set_default(&settings->exchange_user, "pam-wechat-exchange") < 0 ||
		set_default(&settings->host_name, host) < 0 ||
		set_default(&settings->authorize_url,
			"https://open.weixin.qq.com/connect/oauth2/authorize") < 0 ||
		(settings->api_url.count == 0 && add_default_api(&settings->api_url) < 0))
		return -ENOMEM;
	return 0;
}

static int check_whole(const struct settings *settings, const char *path, struct problem *problem)
{
	if (settings->appid == NULL)
		return problem_set(problem, -EINVAL, "%s: appid is missing", path);
	if (settings->public_url == NULL)
		return problem_set(problem, -EINVAL, "%s: public_url is missing", path);
	if (settings->api_url.count > 2)
		return problem_set(
			problem, -EINVAL, "%s: api_url is given more than two times", path);
	/* WeChat would ask for consent as soon as the page opens, and show a snapshot page. */
	if (settings->qr == QR_AUTHORIZE && settings->scope == SCOPE_USERINFO)
		return problem_set(problem, -EINVAL,
			"%s: qr=authorize does not go with scope=snsapi_userinfo", path);
	return 0;
}

int settings_read(
	struct settings *settings, int argc, const char *const *argv, struct problem *problem)
{
	const char *path = NULL;
	uint64_t seen = 0;
	int rv;

	memset(settings, 0, sizeof(*settings));
	settings->timeout = 90;
	settings->log_openid = true;
	rv = find_conf(argc, argv, &path, problem);
	if (rv == 0)
		rv = config_read(&settings_table, settings, &seen, path, SAFE_FILE_PUBLIC, problem);
	if (rv == 0)
		rv = read_line(settings, argc, argv, problem);
	if (rv == 0)
		rv = set_defaults(settings);
	if (rv == 0)
		rv = check_whole(settings, path, problem);
	if (rv == -ENOMEM)
		problem_set(problem, rv, "out of memory");
	return rv;
}

void settings_finish(struct settings *settings)
{
	config_finish(&settings_table, settings);
}

const char *settings_fault(const char *key, const char *value)
{
	for (size_t i = 0; i < settings_table.count; i++) {
		if (strcmp(keys[i].name, key) == 0 && keys[i].fault != NULL)
			return keys[i].fault(value);
	}
	return NULL;
}

bool settings_is_of_terminal(const char *service)
{
	static const char *const services[] = {"login", "su", "su-l", "sudo", "sudo-i", "doas"};

	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		if (strcmp(service, services[i]) == 0)
			return true;
	}
	return false;
}

const char *settings_scope_word(int scope)
{
	return scopes[scope];
}

const char *settings_lang_word(int lang)
{
	return langs[lang];
}
