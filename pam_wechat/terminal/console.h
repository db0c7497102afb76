/*
 * console - the font of the machine's own console.
 */
#ifndef PAM_WECHAT_TERMINAL_CONSOLE_H
#define PAM_WECHAT_TERMINAL_CONSOLE_H

#include <stdbool.h>

/*
 * Whether the font of the virtual terminal `fd` is known to lack a character that half blocks are
 * drawn with: most fonts of Debian's console-setup have neither U+2580 nor U+2584, and no empty
 * answer can ask a login that waits for another picture. False if the kernel does not say.
 */
bool console_lacks_half_blocks(int fd);

#endif
