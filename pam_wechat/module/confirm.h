/*
 * confirm - how the phone's "Continue" finds its way back to the terminal.
 */
#ifndef PAM_WECHAT_MODULE_CONFIRM_H
#define PAM_WECHAT_MODULE_CONFIRM_H

struct login;

/*
 * Decides whether the digits are typed, or a tap is enough. Who is far away could show a QR code of
 * his own to somebody else: for him a tap alone would be a hole. Returns LOGIN_GO_ON or a code for
 * PAM.
 */
int confirm_choose(struct login *login);

/*
 * Asks for the pin that the phone shows until the login is decided. Whatever is typed before a
 * phone has finished has an effect that depends on its length alone, because sshd replaces the
 * answers of users who do not exist by junk of the same length. Returns LOGIN_GO_ON if the login
 * is proved, or a code for PAM.
 */
int confirm_by_pin(struct login *login);

/*
 * Shows the login and waits for the phone; nothing is typed. Ends at the deadline, at ^C and ^\,
 * and when the terminal has gone. Returns as confirm_by_pin().
 */
int confirm_by_waiting(struct login *login);

#endif
