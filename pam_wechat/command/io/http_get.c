#include "http_get.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api.h"
#include "deadline.h"
#include "problem.h"
#include "settings.h"
#include "subprocess.h"
#include "unprivileged.h"

#define SPARE_SECONDS 5 /* for the child to begin and end */
#define STEP_MS 1000

static void keep(struct http_answer *answer, const struct api_result *result)
{
	size_t length = result->length < sizeof(answer->body) - 1 ? result->length
	                                                          : sizeof(answer->body) - 1;

	answer->reason = result->reason;
	answer->is_untrusted = result->is_untrusted;
	answer->status = result->status;
	answer->date = result->date;
	answer->length = (int)length;
	(void)snprintf(answer->advice, sizeof(answer->advice), "%s", result->advice);
	if (length > 0)
		memcpy(answer->body, result->body, length);
}

static void ask(const struct http_get *request, struct http_answer *answer)
{
	struct problem problem = {.text = ""};
	struct api_result result;
	struct api *api = NULL;

	answer->reason = REASON_INTERNAL;
	if (api_create(&api, request->base, NULL, request->ca_file, request->proxy, &problem) < 0) {
		(void)snprintf(answer->advice, sizeof(answer->advice), "%.250s", problem.text);
		return;
	}
	api_use_socket(api, request->socket);
	if (api_get(api, request->path, deadline_in(request->seconds * 1000)) == 0) {
		while (!api_step(api, &result))
			api_wait(api, NULL, 0, STEP_MS);
		keep(answer, &result);
	}
	api_free(&api);
}

static int work(int fd, void *context)
{
	const struct http_getting *getting = context;
	static struct http_answer answer;

	if (unprivileged_become(&getting->as) < 0)
		return EXIT_FAILURE;
	ask(getting->request, &answer);
	return write(fd, &answer, sizeof(answer)) == sizeof(answer) ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A Unix socket lets its group in, and nobody but root where the group is root's. */
static int choose_group(struct http_getting *getting)
{
	struct stat status;

	if (stat(getting->request->socket, &status) < 0)
		return -errno;
	getting->as.stays = status.st_gid == 0;
	(void)snprintf(
		getting->as.gid, sizeof(getting->as.gid), "%lu", (unsigned long)status.st_gid);
	return 0;
}

int http_get_begin(struct http_getting *getting, const struct http_get *request)
{
	const struct settings *settings = request->settings;
	int rv = unprivileged_choose(
		&getting->as, settings == NULL ? NULL : settings->exchange_user);

	getting->request = request;
	getting->process = (struct subprocess){.pid = -1, .fd = -1};
	if (rv == 0 && request->socket != NULL)
		rv = choose_group(getting);
	return rv < 0 ? rv : subprocess_begin(&getting->process, work, getting);
}

int http_get_finish(
	struct http_getting *getting, struct http_answer *answer, struct deadline deadline)
{
	char bytes[sizeof(*answer) + 1];
	int status = 0;
	int rv = subprocess_finish(&getting->process, bytes, sizeof(bytes), &status, deadline);

	memset(answer, 0, sizeof(*answer));
	if (rv != (int)sizeof(*answer))
		return rv < 0 ? rv : -EIO;
	memcpy(answer, bytes, sizeof(*answer));
	answer->body[sizeof(answer->body) - 1] = '\0';
	answer->advice[sizeof(answer->advice) - 1] = '\0';
	return 0;
}

int http_get(const struct http_get *request, struct http_answer *answer)
{
	struct http_getting getting;
	int rv = http_get_begin(&getting, request);

	memset(answer, 0, sizeof(*answer));
	return rv < 0 ? rv
	              : http_get_finish(&getting, answer,
				deadline_in((request->seconds + SPARE_SECONDS) * 1000));
}
