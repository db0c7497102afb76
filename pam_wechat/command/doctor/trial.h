/*
 * trial - a sign-in that nobody finishes: as the module would begin it, and then a phone's whole
 * way through public_url, as WeChat's browser would go it, up to a code that WeChat never made.
 *
 * It shows what files don't: whether helper, exchange and web server work together.
 */
#ifndef PAM_WECHAT_DOCTOR_TRIAL_H
#define PAM_WECHAT_DOCTOR_TRIAL_H

#include <stdbool.h>
#include <time.h>

#include "http_request.h"
#include "reason.h"
#include "subprocess.h"

struct deadline;
struct settings;

/* In the order in which they are gone. */
enum trial_step {
	TRIAL_BEGIN,    /* of the sign-in, up to the helper's READY */
	TRIAL_HEALTH,   /* GET /healthz: this helper, and no other one */
	TRIAL_PAGE,     /* GET of the link */
	TRIAL_COOKIE,   /* that the page sets */
	TRIAL_POST,     /* of the form, as by a tap on Continue */
	TRIAL_REDIRECT, /* to WeChat's authorize URL */
	TRIAL_CALLBACK, /* with a made-up code */
	TRIAL_DONE,
};

struct trial_result {
	enum trial_step step; /* the first that failed */
	enum http_failure failure;
	long status;    /* HTTP, of that step */
	time_t date;    /* of public_url's server; 0: it told none */
	bool by_listen; /* public_url could not be reached: the way went by `listen` */
	enum http_failure unreachable; /* and why */
	bool by_ca_file;               /* the certificate is trusted by ca_file alone */
	enum reason
		reason; /* TRIAL_BEGIN: why not; TRIAL_DONE: what the exchange says of the code */
	long errcode;   /* WeChat's to the made-up code; 0: none */
	char said[512]; /* fit to be shown: what came instead, or the cause */
};

struct trial {
	const struct settings *settings;
	const char
		*listen; /* of the helper, for where public_url isn't reached from here; or NULL */
	bool offline;    /* TRIAL_BEGIN alone: then the step is TRIAL_HEALTH */
	int seconds;     /* for all of it */
	struct subprocess process;
};

/* Starts the trial in a process of its own. Returns 0 or -errno. */
int trial_begin(struct trial *trial);

/* Waits for its end. Returns 0 and the result; -ETIMEDOUT; or another -errno. */
int trial_finish(struct trial *trial, struct trial_result *result, struct deadline deadline);

#endif
