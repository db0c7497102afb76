/*
 * new_sign_in - whether this command runs in a sign-in that began after a service was changed.
 */
#ifndef PAM_WECHAT_ENABLE_NEW_SIGN_IN_H
#define PAM_WECHAT_ENABLE_NEW_SIGN_IN_H

#include <stddef.h>

struct process;
struct rehearsal;

/*
 * Judges the lineage of process_lineage(). Returns NULL if the service has let somebody in since
 * the change, who then began this process; or the reason why that is not so, half a sentence.
 * The manual says what is looked at (pam-wechat(8), "enable").
 */
const char *new_sign_in_refusal(const char *service, const struct process *lineage, size_t count,
	const struct rehearsal *rehearsal);

#endif
