/*
 * virtual_terminal - /dev/tty1 to /dev/tty63, the machine's own screen and keyboard, as the kernel
 * knows them.
 *
 * A name proves nothing: containers put a pty at /dev/tty1, and whoever has its other end may be
 * anywhere. So the kernel is asked for the device behind an open descriptor.
 */
#ifndef PAM_WECHAT_COMMON_VIRTUAL_TERMINAL_H
#define PAM_WECHAT_COMMON_VIRTUAL_TERMINAL_H

#include <stdbool.h>

/*
 * Opens the virtual terminal `tty`, "tty1" to "tty63" with or without "/dev/". It does not become
 * the process's own. Returns a descriptor that the caller closes; -ENOTTY if there is another
 * device behind that name, or the name is another; or another -errno.
 */
int virtual_terminal_open(const char *tty);

/*
 * Whether the virtual terminal `tty` is where this process reads, and what controls its session:
 * the host may call its terminal what it likes. False if that can't be found out.
 */
bool virtual_terminal_is_ours(const char *tty);

#endif
