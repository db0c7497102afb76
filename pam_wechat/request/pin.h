/*
 * pin - the digits that travel from the phone's page through a person into the terminal.
 */
#ifndef PAM_WECHAT_REQUEST_PIN_H
#define PAM_WECHAT_REQUEST_PIN_H

#include <stdbool.h>

/*
 * Whether what was typed is the pin. Blanks are ignored, and the wide digits that a Chinese input
 * method makes count as digits. The time it takes does not depend on the pin.
 */
bool pin_matches(const char *pin, const char *typed);

#endif
