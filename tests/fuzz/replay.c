/*
 * Runs a fuzzer over every file of the folders named on the command line, in memory of just their
 * size, so that a sanitizer or valgrind sees a read past the end.
 */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "fuzz.h"

static int replay(const char *path)
{
	FILE *file = fopen(path, "re");
	struct stat status;
	uint8_t *bytes = NULL;
	int rv = -1;

	if (file == NULL || fstat(fileno(file), &status) < 0)
		goto out;
	bytes = malloc(status.st_size == 0 ? 1 : (size_t)status.st_size);
	if (bytes == NULL ||
		fread(bytes, 1, (size_t)status.st_size, file) != (size_t)status.st_size)
		goto out;
	/* If it aborts, this was the last name. */
	printf("%s\n", path);
	(void)fflush(stdout);
	rv = LLVMFuzzerTestOneInput(bytes, (size_t)status.st_size);
out:
	free(bytes);
	if (file != NULL)
		(void)fclose(file);
	if (rv < 0)
		perror(path);
	return rv;
}

static int replay_folder(const char *folder, int *count)
{
	DIR *directory = opendir(folder);
	struct dirent *entry;
	int rv = 0;

	if (directory == NULL) {
		perror(folder);
		return -1;
	}
	while (rv == 0 && (entry = readdir(directory)) != NULL) {
		char path[4096];

		if (entry->d_name[0] == '.')
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >=
			(int)sizeof(path))
			rv = -1;
		else
			rv = replay(path);
		++*count;
	}
	(void)closedir(directory);
	return rv;
}

int main(int argc, char **argv)
{
	int count = 0;

	for (int i = 1; i < argc; i++) {
		if (replay_folder(argv[i], &count) < 0)
			return EXIT_FAILURE;
	}
	/* An empty corpus proves nothing. */
	return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
