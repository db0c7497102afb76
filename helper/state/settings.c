#include "settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "language.h"
#include "pages.h"
#include "problem.h"
#include "query.h"
#include "random.h"
#include "secret.h"
#include "url.h"

#define VERIFY_FILE_MAX 4096

static const char *listen_fault(const char *value)
{
	struct sockaddr_storage socket;
	socklen_t length;

	return address_parse_listen(value, &socket, &length) < 0
	               ? "must look like 127.0.0.1:8080 or [::1]:8080"
	               : NULL;
}

static const char *proxy_fault(const char *value)
{
	struct address_range address_range;
	int rv = address_range_parse(value, &address_range);

	if (rv == -ERANGE)
		return "must be a network of IPv4 written as such: this one holds all of it";
	return rv < 0 ? "must be an address or a network such as 10.0.0.0/8" : NULL;
}

static const char *verify_fault(const char *value)
{
	const char *name = strrchr(value, '/');
	size_t length;

	if (name == NULL || value[0] != '/')
		return "must be an absolute path";
	name++;
	if (strncmp(name, "MP_verify_", 10) != 0)
		return "must name a file called MP_verify_….txt";
	length = strspn(name + 10, RANDOM_BASE62);
	if (length < 1 || length > 64 || strcmp(name + 10 + length, ".txt") != 0)
		return "must name a file called MP_verify_….txt";
	return NULL;
}

static const char *directory_fault(const char *value)
{
	const char *fault = config_path_fault(value);

	return fault == NULL && value[strlen(value) - 1] == '/' ? "must not end with a slash"
	                                                        : fault;
}

#define KEY(key, its_type, ...)                                                           \
	{                                                                                 \
		.name = #key, .type = its_type, .offset = offsetof(struct settings, key), \
		__VA_ARGS__                                                               \
	}

static const struct config_key keys[] = {
	KEY(listen, CONFIG_STRING, .fault = listen_fault),
	KEY(public_url, CONFIG_STRING, .fault = url_public_fault),
	KEY(socket, CONFIG_STRING, .fault = config_path_fault),
	KEY(user, CONFIG_STRING, .fault = NULL),
	KEY(peer_user, CONFIG_STRING, .fault = NULL),
	KEY(lang, CONFIG_WORD, .words = language_words),
	KEY(brand, CONFIG_STRING, .fault = NULL),
	KEY(trusted_proxy, CONFIG_LIST, .fault = proxy_fault),
	KEY(verify_file, CONFIG_LIST, .fault = verify_fault),
	KEY(pages_dir, CONFIG_STRING, .fault = directory_fault),
	KEY(status_socket, CONFIG_STRING, .fault = config_path_fault),
	KEY(max_pending, CONFIG_NUMBER, .low = 1, .high = 100000),
	KEY(origin_pending, CONFIG_NUMBER, .low = 1, .high = 1000),
	KEY(max_connections, CONFIG_NUMBER, .low = 1, .high = 100000),
	KEY(request_seconds, CONFIG_NUMBER, .low = 1, .high = 300),
};

const struct config_table settings_table = {keys, sizeof(keys) / sizeof(keys[0])};

static int set_defaults(struct settings *settings)
{
	settings->listen = strdup("127.0.0.1:8080");
	settings->socket = strdup("/run/pam_wechat/helper.sock");
	settings->user = strdup("pam-wechat");
	settings->peer_user = strdup("pam-wechat-exchange");
	settings->lang = LANGUAGE_EN;
	settings->max_pending = 10000;
	settings->origin_pending = 16;
	settings->max_connections = 4000;
	settings->request_seconds = 20;
	return settings->listen == NULL || settings->socket == NULL || settings->user == NULL ||
	                       settings->peer_user == NULL
	               ? -ENOMEM
	               : 0;
}

static int derive(struct settings *settings, const char *path, struct problem *problem)
{
	struct url url;

	if (settings->public_url == NULL)
		return problem_set(problem, -EINVAL, "%s: public_url is missing", path);
	/* The key's own check has parsed these before. */
	if (url_parse(settings->public_url, &url) < 0)
		return problem_set(problem, -EINVAL, "%s: public_url is no URL", path);
	settings->https = url.https;
	settings->base = url.path;
	for (size_t i = 0; i < settings->trusted_proxy.count; i++)
		(void)address_range_parse(settings->trusted_proxy.items[i], &settings->proxies[i]);
	for (size_t i = 0; i < settings->verify_file.count; i++) {
		int rv = safe_file_read(settings->verify_file.items[i], SAFE_FILE_PUBLIC,
			VERIFY_FILE_MAX, &settings->verify_contents[i], problem);

		if (rv < 0) {
			problem_locate(problem, "%s: verify_file: ", path);
			return rv;
		}
	}
	return pages_create(settings->pages_dir, &settings->pages, problem);
}

int settings_load(const char *path, struct settings **loaded, struct problem *problem)
{
	struct settings *settings = calloc(1, sizeof(*settings));
	uint64_t seen = 0;
	int rv = -ENOMEM;

	*loaded = NULL;
	if (settings == NULL || set_defaults(settings) < 0)
		goto out;
	rv = config_read(&settings_table, settings, &seen, path, SAFE_FILE_PUBLIC, problem);
	if (rv == 0)
		rv = derive(settings, path, problem);
out:
	if (rv < 0)
		settings_free(&settings);
	if (rv == -ENOMEM)
		problem_set(problem, rv, "%s: out of memory", path);
	*loaded = settings;
	return rv;
}

void settings_free(struct settings **settings)
{
	if (*settings == NULL)
		return;
	for (size_t i = 0; i < CONFIG_LIST_MAX; i++)
		secret_free(&(*settings)->verify_contents[i]);
	pages_free(&(*settings)->pages);
	config_finish(&settings_table, *settings);
	free(*settings);
	*settings = NULL;
}

void settings_print(const struct settings *settings, FILE *stream)
{
	config_print(&settings_table, settings, stream);
}

const struct secret *settings_find_verify(const struct settings *settings, const char *name)
{
	for (size_t i = 0; i < settings->verify_file.count; i++) {
		const char *own = strrchr(settings->verify_file.items[i], '/') + 1;

		if (strcmp(own, name) == 0)
			return settings->verify_contents[i];
	}
	return NULL;
}

static bool is_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

size_t settings_keep_fixed(
	struct settings *old, struct settings *fresh, const char *changed[SETTINGS_FIXED_MAX])
{
	const struct {
		const char *name;
		char **old, **fresh;
	} fixed[SETTINGS_FIXED_MAX] = {
		{"listen", &old->listen, &fresh->listen},
		{"socket", &old->socket, &fresh->socket},
		{"user", &old->user, &fresh->user},
		/* It is the group of the socket, too. */
		{"peer_user", &old->peer_user, &fresh->peer_user},
		{"status_socket", &old->status_socket, &fresh->status_socket},
	};
	size_t count = 0;

	for (size_t i = 0; i < SETTINGS_FIXED_MAX; i++) {
		char *in_force = *fixed[i].old;

		if (!is_same(in_force, *fixed[i].fresh))
			changed[count++] = fixed[i].name;
		*fixed[i].old = *fixed[i].fresh;
		*fixed[i].fresh = in_force;
	}
	return count;
}
