/*
 * child - the pam-wechat-exchange of one login, started and ended by the module, or of one
 * enrolment.
 *
 * The host owns SIGCHLD and may ignore it or reap everything itself: the child is watched by a
 * pidfd, and its exit status means nothing.
 */
#ifndef PAM_WECHAT_REQUEST_CHILD_H
#define PAM_WECHAT_REQUEST_CHILD_H

#include <sys/types.h>

struct deadline;
struct problem;
struct request;
struct settings;
struct wire_inbox;
struct wire_message;

struct child {
	pid_t pid;
	int pidfd;
	int socket; /* SOCK_SEQPACKET, ours */
};

#define CHILD_NONE ((struct child){.pid = -1, .pidfd = -1, .socket = -1})

/*
 * Starts the program that the settings name, with an empty environment, /dev/null as its standard
 * streams, its end of the socket as descriptor 3 and nothing else open. Run by root it is told to
 * become exchange_user. The kernel ends it soon after the deadline, whatever it does.
 * Returns 0, or -errno with the problem set; child_stop() is to be called either way.
 */
int child_start(struct child *child, const struct settings *settings, struct deadline deadline,
	struct problem *problem);

/*
 * Sends a message and waits for the child's next one until the deadline. The caller wipes the
 * inbox. Returns 0, -ETIMEDOUT, -ECONNRESET if the child is gone, or another -errno.
 */
int child_ask(struct child *child, const struct wire_message *question, struct wire_inbox *inbox,
	struct deadline deadline);

/*
 * Tells the child the request, and waits until the helper knows it: from then on its link works.
 * The request loses its app secret, which the child has then. Returns 0; -ECONNREFUSED if the child
 * refused, and the inbox says why; -EIO if it ended or got stuck, which somebody else may have
 * brought about; or another -errno, with the problem set.
 */
int child_announce(struct child *child, struct request *request, const struct settings *settings,
	struct wire_inbox *inbox, struct problem *problem);

/* Ends the child, by SIGKILL if it does not go by itself within so many ms, and reaps it. */
void child_stop(struct child *child, int grace_ms);

#endif
