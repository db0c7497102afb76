/*
 * api - the HTTPS connection to WeChat's API (libcurl).
 *
 * Nothing is taken from the environment, no redirect is followed, no proxy asked but the
 * configured one, and no certificate accepted that the CA does not vouch for. The app secret
 * travels in the URL, as WeChat wants it: no URL is ever shown.
 */
#ifndef PAM_WECHAT_EXCHANGE_API_H
#define PAM_WECHAT_EXCHANGE_API_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "reason.h"

#define API_BODY_MAX 65536

struct api;
struct deadline;
struct problem;

struct api_result {
	enum reason reason;  /* REASON_NONE if there is an answer, or REASON_UNREACHABLE, ... */
	bool is_unconnected; /* nothing was sent: the same request may be made again */
	bool is_untrusted;   /* nothing was sent: the certificate is not to be trusted */
	const char *advice;  /* a sentence for the log, "" for none */
	long status;         /* HTTP */
	time_t date;         /* of the server's clock; 0 if it did not say */
	const char *body;    /* the API's own until the next request */
	size_t length;
};

/*
 * Prepares for the API at `base`, which is https, or http on a loopback address; after a failure to
 * connect `other_base` is asked, and so on in turn. `ca_file` names who is trusted instead of the
 * system's CAs, `proxy` a proxy. All three may be NULL. Nothing is sent
 * and no library started yet. Returns 0 or -errno with the problem set.
 */
int api_create(struct api **api, const char *base, const char *other_base, const char *ca_file,
	const char *proxy, struct problem *problem);

/* Lets all requests go over the Unix socket at `path`, which stays the caller's string. */
void api_use_socket(struct api *api, const char *path);

void api_free(struct api **api);

/*
 * Opens the connection with a HEAD, so that the request that matters needs one round trip alone.
 * Does nothing while a request is under way, nor more than three times. Failing is no failure.
 */
void api_warm(struct api *api);

/* Ends that: nothing more is going to be asked, or not soon. */
void api_warm_no_more(struct api *api);

/*
 * Begins a GET of base + `path_and_query`; one at a time. It ends by itself before the deadline.
 * Returns 0 or -ENOMEM.
 */
int api_get(struct api *api, const char *path_and_query, struct deadline deadline);

/* Works on what is under way. Returns true once for each GET that has ended, with its result. */
bool api_step(struct api *api, struct api_result *result);

/*
 * Waits until one of the caller's descriptors shows what it wants, until there is work for
 * api_step(), or for `timeout_ms`. At most 4 descriptors; negative ones are left out.
 */
void api_wait(struct api *api, struct pollfd *descriptors, size_t count, int timeout_ms);

#endif
