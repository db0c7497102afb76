#include "keys.h"

#include <stdio.h>

#include "config.h"

static void print_values(const struct config_key *key)
{
	switch (key->type) {
	case CONFIG_STRING:
		printf("text");
		break;
	case CONFIG_LIST:
		printf("list");
		break;
	case CONFIG_FLAG:
		printf("yes|no");
		break;
	case CONFIG_NUMBER:
		printf("%ld to %ld", key->low, key->high);
		break;
	case CONFIG_WORD:
		for (int i = 0; key->words[i] != NULL; i++)
			printf("%s%s", i == 0 ? "" : "|", key->words[i]);
		break;
	}
}

void keys_print(const char *path, const struct config_table *table, const void *settings)
{
	puts(path);
	for (size_t i = 0; i < table->count; i++) {
		const struct config_key *key = &table->keys[i];

		printf("%s\t", key->name);
		print_values(key);
		puts(key->on_pam_line ? "\tline" : "\tfile");
	}
	puts("");
	config_print(table, settings, stdout);
}
