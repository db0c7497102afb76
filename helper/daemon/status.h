/*
 * status - serves the metrics at status_socket, as Prometheus reads them.
 *
 * GET /metrics of HTTP is answered, and everything else gets an error. A connection lasts a second
 * at most, and there are 16 at a time.
 */
#ifndef PAM_WECHAT_DAEMON_STATUS_H
#define PAM_WECHAT_DAEMON_STATUS_H

struct helper;
struct status;

/* Answers on `fd`, which becomes its own. Returns NULL if there is no memory. */
struct status *status_create(const struct helper *helper, int fd);

/* To be called after each turn of the loop, as connections_settle(). NULL is accepted. */
void status_settle(struct status *status);

/* Frees *status and sets it to NULL. NULL is accepted. */
void status_free(struct status **status);

#endif
