/*
 * doctor_permits - whether what is installed here is fit to let people in.
 */
#ifndef PAM_WECHAT_DOCTOR_DOCTOR_PERMITS_H
#define PAM_WECHAT_DOCTOR_DOCTOR_PERMITS_H

#include <stdbool.h>

struct command_call;
struct problem;

/*
 * Whether the doctor finds no error, as if this service used the module by now: without the
 * network, which may be away for a while. If there is one, the problem says what, and what mends
 * it.
 */
bool doctor_permits(const struct command_call *call, const char *service, struct problem *problem);

#endif
