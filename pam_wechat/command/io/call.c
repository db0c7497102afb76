#include "call.h"

#include <string.h>

const char *call_value(const struct command_call *call, const char *name)
{
	const struct command_option *option = call->command->options;

	for (size_t i = 0; option != NULL && option[i].name != NULL; i++) {
		if (strcmp(option[i].name, name) == 0)
			return call->values[i];
	}
	return NULL;
}
