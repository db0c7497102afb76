/* modules - prints the classes of PAM modules, each with its names, for the manual's test. */
#include <stdio.h>

#include "pam_module.h"

int main(void)
{
	static const struct {
		enum pam_class class;
		const char *name;
	} classes[] = {
		{PAM_CLASS_OPENS, "They succeed for whoever comes"},
		{PAM_CLASS_DECIDES, "They decide by what is known already"},
		{PAM_CLASS_PROVES, "They ask for a proof"},
		{PAM_CLASS_DENIES, "They never succeed"},
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		const char *name;

		printf("%s:", classes[i].name);
		for (unsigned int n = 0; (name = pam_module_name(classes[i].class, n)) != NULL; n++)
			printf(" %s", name);
		puts("");
	}
	return 0;
}
