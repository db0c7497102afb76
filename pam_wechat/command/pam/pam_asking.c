#include "pam_asking.h"

#include <stddef.h>

#include "pam_folder.h"
#include "pam_stack.h"
#include "text.h"

int pam_asking_find(const char *service, struct pam_asking *found)
{
	static const char *const types[] = {"auth", "account", "session", "password"};
	int rv = 0;

	for (size_t i = 0; rv == 0 && i < sizeof(types) / sizeof(types[0]); i++) {
		struct pam_stack *stack = NULL;
		const struct pam_entry *ours;

		rv = pam_stack_read(PAM_FOLDER, service, types[i], &stack);
		ours = rv < 0 ? NULL : pam_stack_find_ours(stack);
		if (ours != NULL) {
			rv = text_format(found->file, sizeof(found->file), "%s", ours->file);
			found->line = ours->line;
			rv = rv < 0 ? rv : 1;
		}
		pam_stack_free(&stack);
	}
	return rv;
}
