/*
 * reload - loads and unloads the module two thousand times, as a host may that reads its services
 * anew; prints bytes on the heap, open descriptors and mappings after each thousand. The C library
 * takes its time to settle: the second thousand shows what grows.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include <security/pam_modules.h>

static long count_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	long count = 0;

	while (directory != NULL && readdir(directory) != NULL)
		count++;
	if (directory != NULL)
		closedir(directory);
	return count;
}

static long count_mappings(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	long count = 0;
	int c;

	while (file != NULL && (c = getc(file)) != EOF)
		count += c == '\n';
	if (file != NULL)
		fclose(file);
	return count;
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return EXIT_FAILURE;
	/* A buffer for the output would count as growth. */
	(void)setvbuf(stdout, NULL, _IONBF, 0);
	for (int i = 1; i <= 2000; i++) {
		void *module = dlopen(argv[1], RTLD_NOW);

		if (module == NULL || dlsym(module, "pam_sm_authenticate") == NULL) {
			fprintf(stderr, "%s\n", dlerror());
			return EXIT_FAILURE;
		}
		dlclose(module);
		if (i % 1000 == 0)
			printf("%zu %ld %ld\n", mallinfo2().uordblks, count_descriptors(),
				count_mappings());
	}
	return EXIT_SUCCESS;
}
