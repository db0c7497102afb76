/*
 * pam_control - what libpam does about a module's answer, from the control of its line
 * (pam.conf(5)): "required", "[success=1 default=ignore]".
 */
#ifndef PAM_WECHAT_PAM_PAM_CONTROL_H
#define PAM_WECHAT_PAM_PAM_CONTROL_H

#define PAM_CONTROL_CODES 32 /* all that a module may return */

/* What is done after a module's answer; numbers above 0 say how many modules are skipped. */
enum pam_action {
	PAM_ACTION_IGNORE = 0,
	PAM_ACTION_OK = -1,
	PAM_ACTION_DONE = -2,
	PAM_ACTION_BAD = -3,
	PAM_ACTION_DIE = -4,
	PAM_ACTION_RESET = -5,
	PAM_ACTION_UNSET = -6,
};

/*
 * Sets what is done about each code. A control that libpam doesn't understand makes all of them
 * bad, and so does NULL, none at all. Returns NULL; or what is wrong with it.
 */
const char *pam_control_parse(const char *control, int actions[PAM_CONTROL_CODES]);

#endif
