/*
 * console - the machine's own console: tty1 to tty63, as far as its font matters.
 */
#ifndef PAM_WECHAT_TERMINAL_CONSOLE_H
#define PAM_WECHAT_TERMINAL_CONSOLE_H

#include <stdbool.h>

/* Whether `tty`, with or without "/dev/", is one of the machine's own consoles. */
bool console_is_name(const char *tty);

/*
 * Whether that console's font is known to lack a character that half blocks are drawn with: most
 * fonts of Debian's console-setup have neither U+2580 nor U+2584, and no empty answer can ask a
 * login that waits for another picture. False if the kernel does not say.
 */
bool console_lacks_half_blocks(const char *tty);

#endif
