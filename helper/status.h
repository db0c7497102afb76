/*
 * status - tells whoever connects to status_socket a few numbers, as Prometheus reads them.
 */
#ifndef PAM_WECHAT_STATUS_H
#define PAM_WECHAT_STATUS_H

struct helper;
struct status;

/* Answers on `fd`, which becomes its own. Returns NULL if there is no memory. */
struct status *status_create(struct helper *helper, int fd);

/* Frees *status and sets it to NULL. NULL is accepted. */
void status_free(struct status **status);

#endif
