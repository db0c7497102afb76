#include "pam_folder.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int is_service(const struct dirent *entry)
{
	const char *name = entry->d_name;

	return name[0] != '.' && strpbrk(name, "~#") == NULL && strstr(name, ".dpkg-") == NULL &&
	       strstr(name, ".rpm") == NULL && strstr(name, PAM_FOLDER_BACKUP) == NULL;
}

static void free_list(struct dirent **files, int count)
{
	while (count > 0)
		free(files[--count]);
	free(files);
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct dirent *const *)a)->d_name, (*(struct dirent *const *)b)->d_name);
}

/* Moves a list's files to the end of another, but for names that are there already. */
static int move(struct dirent **to, int count, struct dirent **from, int from_count)
{
	int had = count;

	for (int i = 0; i < from_count; i++) {
		bool is_there = false;

		for (int j = 0; j < had; j++)
			is_there = is_there || by_name(&to[j], &from[i]) == 0;
		if (is_there)
			free(from[i]);
		else
			to[count++] = from[i];
	}
	free(from);
	return count;
}

int pam_folder_list(struct dirent ***files)
{
	struct dirent **own = NULL, **shipped = NULL, **all;
	int own_count = scandir(PAM_FOLDER, &own, is_service, NULL);
	int shipped_count, count;

	*files = NULL;
	if (own_count < 0)
		return -errno;
	shipped_count = scandir(PAM_FOLDER_SHIPPED, &shipped, is_service, NULL);
	if (shipped_count < 0)
		shipped_count = 0;
	all = calloc((size_t)own_count + (size_t)shipped_count + 1, sizeof(*all));
	if (all == NULL) {
		free_list(own, own_count);
		free_list(shipped, shipped_count);
		return -ENOMEM;
	}
	count = move(all, 0, own, own_count);
	count = move(all, count, shipped, shipped_count);
	qsort(all, (size_t)count, sizeof(*all), by_name);
	*files = all;
	return count;
}
