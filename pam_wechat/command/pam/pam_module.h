/*
 * pam_module - what a module of PAM's says about somebody: who he is, or something that was known
 * before. The manual lists the same classes (pam-wechat(8)).
 */
#ifndef PAM_WECHAT_PAM_PAM_MODULE_H
#define PAM_WECHAT_PAM_PAM_MODULE_H

#include <stdbool.h>

struct pam_entry;

enum pam_class {
	PAM_CLASS_OURS,
	PAM_CLASS_DENIES,  /* it never succeeds */
	PAM_CLASS_ROOT,    /* rootok where only root himself can be root: su and its like */
	PAM_CLASS_OPENS,   /* it succeeds for whoever comes */
	PAM_CLASS_DECIDES, /* by what is known already: a name, a place, a time */
	PAM_CLASS_PROVES,  /* it asks for a password, a key, a finger */
	PAM_CLASS_UNKNOWN,
};

/* The class of the entry's module, as its words make it, in the stack of this service. */
enum pam_class pam_module_class(const struct pam_entry *entry, const char *service);

/* The word by which a module that proves lets those in who have no proof to show; or NULL. */
const char *pam_module_excuse(const struct pam_entry *entry);

/* Whether the module takes an empty password of an account that has one. */
bool pam_module_takes_empty(const struct pam_entry *entry);

/* Whether whoever uses the service sits at this machine, or has signed in to it. */
bool pam_module_is_local(const char *service);

/* Whether the service's host runs as the person himself, as screen lockers do. */
bool pam_module_is_of_user(const char *service);

/* The name of a class's modules, from 0 on, for the manual's test. NULL behind the last. */
const char *pam_module_name(enum pam_class class, unsigned int number);

#endif
