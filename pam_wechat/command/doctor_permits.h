/*
 * doctor_permits - whether what is installed here is fit to let people in.
 */
#ifndef PAM_WECHAT_DOCTOR_PERMITS_H
#define PAM_WECHAT_DOCTOR_PERMITS_H

#include <stdbool.h>

struct command_call;
struct problem;

/*
 * Whether nothing is wrong that would lock everybody out: module, configuration, users table.
 * If something is, the problem says what.
 */
bool doctor_permits(const struct command_call *call, struct problem *problem);

#endif
