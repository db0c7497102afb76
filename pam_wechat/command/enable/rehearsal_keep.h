/*
 * rehearsal_keep - what is on trial stays, as somebody has signed in since.
 */
#ifndef PAM_WECHAT_ENABLE_REHEARSAL_KEEP_H
#define PAM_WECHAT_ENABLE_REHEARSAL_KEEP_H

#include "call.h"

/* Does what "enable SERVICE --keep" asks for, and says so; complaints go to standard error. */
enum command_exit rehearsal_keep(const struct command_call *call);

#endif
