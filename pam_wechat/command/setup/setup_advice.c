/* What is left to do by hand once the files are written. */
#include <stdio.h>
#include <string.h>

#include "paths.h"
#include "setup.h"
#include "wechat_sites.h"

#define HELPER_AT "127.0.0.1:8080"

/* The host as certificates and web servers know it. */
static const char *host_of(const struct setup *setup, char *buffer, size_t size)
{
	(void)snprintf(buffer, size, strchr(setup->url.host, ':') == NULL ? "%s" : "[%s]",
		setup->url.host);
	return buffer;
}

static void show_nginx(const char *host, const char *path)
{
	printf("\nnginx, in the server of %s that has the\n"
	       "certificate (whole example:\n"
	       "%s/nginx/pam_wechat.conf):\n\n",
		host, PATH_EXAMPLES);
	printf("    location %s/ {\n"
	       "        proxy_pass http://" HELPER_AT ";\n"
	       "        proxy_set_header X-Forwarded-For $remote_addr;\n"
	       "        proxy_set_header Host $host;\n"
	       "        access_log off;                # addresses of callbacks hold codes\n"
	       "        location = %s/callback {\n"
	       "            error_log /dev/null crit;  # likewise\n"
	       "            proxy_pass http://" HELPER_AT ";\n"
	       "        }\n"
	       "    }\n",
		path, path);
	if (path[0] != '\0')
		printf("    location /MP_verify_ {\n"
		       "        proxy_pass http://" HELPER_AT ";\n"
		       "        proxy_set_header X-Forwarded-For $remote_addr;\n"
		       "        proxy_set_header Host $host;\n"
		       "    }\n");
}

static void show_caddy(const struct setup *setup, const char *host)
{
	const char *path = setup->url.path;
	char port[8] = "";

	if (setup->url.port != 443)
		(void)snprintf(port, sizeof(port), ":%u", setup->url.port);
	printf("\nor Caddy (whole example, with logs that keep no codes:\n"
	       "%s/caddy/Caddyfile):\n\n    %s%s {\n",
		PATH_EXAMPLES, host, port);
	if (path[0] == '\0')
		printf("        reverse_proxy " HELPER_AT "\n");
	else
		printf("        @pam_wechat path %s/* /MP_verify_*\n"
		       "        handle @pam_wechat {\n"
		       "            reverse_proxy " HELPER_AT "\n"
		       "        }\n",
			path);
	printf("    }\n");
	printf("\nor Apache or HAProxy: %s/apache/pam_wechat.conf,\n%s/haproxy/pam_wechat.cfg\n",
		PATH_EXAMPLES, PATH_EXAMPLES);
}

static void advise_behind_web_server(const struct setup *setup)
{
	char host[300];

	host_of(setup, host, sizeof(host));
	show_nginx(host, setup->url.path);
	show_caddy(setup, host);
	printf("\nWeChat: register the domain %s (网页授权域名) at\n"
	       "https://" WECHAT_ACCOUNTS ". It asks for a file MP_verify_….txt at the root\n"
	       "of that host. Put it into %s, chmod 644, and add to\n"
	       "%s/helper.conf:\n\n    verify_file = %s/MP_verify_….txt\n\n"
	       "WeChat fetches it when you save the domain: start helper and web server "
	       "before.\n",
		host, setup->directory, setup->directory, setup->directory);
	if (setup->url.port != 443)
		printf("\nNote: for service accounts WeChat takes domains only, without a port: "
		       "a page\nwith error 10003 means this.\n");
}

static void advise_test_account(const struct setup *setup)
{
	const char *origin = setup->public_url + strlen("http://");
	int length = (int)(setup->url.origin_length - strlen("http://"));

	printf("\nThe helper listens on %.*s itself, by plain http: fine for\n"
	       "a test account on a network that you trust, and for nothing else. No web\n"
	       "server is needed.\n"
	       "\nWeChat: register %.*s (网页授权), without http://, at\n"
	       "https://" WECHAT_TEST_ACCOUNT "\n"
	       "and follow the test account with your phone, which has to be in the same\n"
	       "network.\n",
		length, origin, length, origin);
}

/* Files of another directory are for whoever starts things by hand. */
static void advise_elsewhere(const struct setup *setup)
{
	const char *directory = setup->directory;

	printf("\nThen, as the unit pam-wechat-helper reads nothing but " PATH_CONF_DIR ":\n\n"
	       "    pam-wechat-helper -c %s/helper.conf\n"
	       "    pam-wechat doctor --conf %s/pam_wechat.conf\n"
	       "\nAll other commands want the same --conf; \"enable\" writes it into the PAM "
	       "line.\n",
		directory, directory);
	if (setup->force)
		printf("A helper that runs already has to be started anew.\n");
}

static void advise_unit(const struct setup *setup)
{
	printf("\nThen:\n\n"
	       "    systemctl enable --now pam-wechat-helper.socket pam-wechat-helper\n");
	/* One that runs already would keep its old address. */
	if (setup->force)
		printf("    systemctl restart pam-wechat-helper\n");
	printf("    pam-wechat doctor\n");
}

void setup_advise(const struct setup *setup, const char *copies)
{
	printf("\nWritten: pam_wechat.conf, helper.conf, secret and users in %s.\n",
		setup->directory);
	if (copies[0] != '\0')
		printf("As they were before:\n%s", copies);
	if (setup->old_bindings > 0)
		printf("\nThe users table stays as it was. Its openids are those of the AppID\n"
		       "%s: another account has others for the same people, and none of\n"
		       "the %zu binding%s lets anybody in. Enrol everybody anew:\n\n"
		       "    pam-wechat enroll USER\n",
			setup->old_appid, setup->old_bindings, setup->old_bindings == 1 ? "" : "s");
	if (setup_is_direct(setup))
		advise_test_account(setup);
	else
		advise_behind_web_server(setup);
	if (strcmp(setup->directory, PATH_CONF_DIR) == 0)
		advise_unit(setup);
	else
		advise_elsewhere(setup);
}
