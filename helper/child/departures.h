/*
 * departures - logins whose module died without a word: the line that it could not write.
 *
 * A stranger can begin logins and hang up as fast as sshd lets him: ten lines in ten seconds, then
 * one that counts the others.
 */
#ifndef PAM_WECHAT_CHILD_DEPARTURES_H
#define PAM_WECHAT_CHILD_DEPARTURES_H

#include "progress.h"

struct departures;
struct event_base;

/* Returns NULL if there is no memory. */
struct departures *departures_create(struct event_base *base);

/* Logs what is still to be counted, and sets *departures to NULL. NULL is accepted. */
void departures_free(struct departures **departures);

/* Logs or counts one, by the first characters of its link's last part. */
void departures_note(struct departures *departures, const char *name, enum progress phone);

#endif
