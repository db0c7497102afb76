/*
 * status - tells whoever connects to status_socket the metrics, as Prometheus reads them.
 *
 * Who sends "GET " is answered in HTTP, whatever the path; who sends something else, ends his side,
 * or says nothing for a fifth of a second gets the text alone. Nobody is waited for longer than a
 * second, nor more than 16 at a time.
 */
#ifndef PAM_WECHAT_DAEMON_STATUS_H
#define PAM_WECHAT_DAEMON_STATUS_H

struct helper;
struct status;

/* Answers on `fd`, which becomes its own. Returns NULL if there is no memory. */
struct status *status_create(struct helper *helper, int fd);

/* Frees *status and sets it to NULL. NULL is accepted. */
void status_free(struct status **status);

#endif
