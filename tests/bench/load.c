/*
 * load - loads the module once into a process that is linked to libpam only, as libpam would.
 *
 *     bench-load MODULE
 *
 * It writes the milliseconds that took, the private memory it added in KiB, and then the libraries
 * that came with the module, one word a line.
 */
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <security/pam_appl.h>

#include "clock.h"
#include "memory.h"

#define OBJECTS_MAX 64

struct objects {
	const char *names[OBJECTS_MAX];
	size_t count;
};

static int add_object(struct dl_phdr_info *info, size_t size, void *context)
{
	struct objects *objects = context;

	(void)size;
	if (objects->count < OBJECTS_MAX)
		objects->names[objects->count++] = info->dlpi_name;
	return 0;
}

static int has(const struct objects *objects, const char *name)
{
	for (size_t i = 0; i < objects->count; i++) {
		if (strcmp(objects->names[i], name) == 0)
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct objects before = {.count = 0}, after = {.count = 0};
	double began, ended;
	long kib;

	/* Calling it is what links this program to libpam. */
	if (argc != 2 || pam_strerror(NULL, PAM_SUCCESS) == NULL)
		return EXIT_FAILURE;
	(void)dl_iterate_phdr(add_object, &before);
	kib = memory_private_kib();
	began = clock_ms();
	if (dlopen(argv[1], RTLD_NOW) == NULL) {
		fprintf(stderr, "%s\n", dlerror());
		return EXIT_FAILURE;
	}
	ended = clock_ms();
	kib = memory_private_kib() - kib;
	(void)dl_iterate_phdr(add_object, &after);
	printf("%.4f\n%ld\n", ended - began, kib);
	for (size_t i = 0; i < after.count; i++) {
		if (!has(&before, after.names[i]) && strcmp(after.names[i], argv[1]) != 0)
			puts(after.names[i]);
	}
	return EXIT_SUCCESS;
}
