/*
 * command - the subcommands of pam-wechat, as one table: it prints the help, reads the arguments
 * and makes the completions.
 */
#ifndef PAM_WECHAT_COMMAND_COMMAND_H
#define PAM_WECHAT_COMMAND_COMMAND_H

#include "call.h"

/* All of them, NULL at the end (commands.c). Each is defined in the file of its name. */
extern const struct command *const commands[];

/*
 * Runs what the arguments of main() say. Complaints about them, and how it is used, go to standard
 * error; help that was asked for to standard output.
 */
enum command_exit command_run(int argc, char **argv);

#endif
