#include "http_get.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account.h"
#include "api.h"
#include "deadline.h"
#include "privileges.h"
#include "problem.h"
#include "settings.h"
#include "subprocess.h"

#define SPARE_SECONDS 5 /* for the child to begin and end */
#define STEP_MS 1000
#define UNKNOWN_USER "65533" /* belongs to nobody: enough for talking to this machine */

struct job {
	const struct http_get *request;
	char uid[16], gid[16];
	bool stays; /* who we are */
};

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
	const struct job *job = context;
	static struct http_answer answer;

	/* OpenSSL and libcurl would obey it. */
	if (clearenv() != 0 || (!job->stays && privileges_drop(job->uid, job->gid) < 0))
		return EXIT_FAILURE;
	ask(job->request, &answer);
	return write(fd, &answer, sizeof(answer)) == sizeof(answer) ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A Unix socket lets its group in, and nobody but root where the group is root's. */
static int choose_group(struct job *job)
{
	struct stat status;

	if (stat(job->request->socket, &status) < 0)
		return -errno;
	job->stays = status.st_gid == 0;
	(void)snprintf(job->gid, sizeof(job->gid), "%lu", (unsigned long)status.st_gid);
	return 0;
}

static int choose_user(struct job *job)
{
	const struct settings *settings = job->request->settings;
	struct account account;
	int rv;

	strcpy(job->uid, UNKNOWN_USER);
	strcpy(job->gid, UNKNOWN_USER);
	if (job->request->socket != NULL)
		return choose_group(job);
	if (geteuid() != 0 || settings == NULL)
		return 0;
	rv = account_find(&account, settings->exchange_user);
	if (rv < 0)
		return rv;
	(void)snprintf(job->uid, sizeof(job->uid), "%lu", (unsigned long)account.uid);
	(void)snprintf(job->gid, sizeof(job->gid), "%lu", (unsigned long)account.gid);
	account_finish(&account);
	return 0;
}

int http_get(const struct http_get *request, struct http_answer *answer)
{
	struct job job = {.request = request};
	char bytes[sizeof(*answer) + 1];
	int status = 0;
	int rv = choose_user(&job);

	memset(answer, 0, sizeof(*answer));
	if (rv < 0)
		return rv;
	rv = subprocess_call(
		work, &job, bytes, sizeof(bytes), &status, request->seconds + SPARE_SECONDS);
	if (rv != (int)sizeof(*answer))
		return rv < 0 ? rv : -EIO;
	memcpy(answer, bytes, sizeof(*answer));
	answer->body[sizeof(answer->body) - 1] = '\0';
	answer->advice[sizeof(answer->advice) - 1] = '\0';
	return 0;
}
