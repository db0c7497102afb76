#include "pam_folder.h"

#include <errno.h>
#include <string.h>

static int is_service(const struct dirent *entry)
{
	const char *name = entry->d_name;

	return name[0] != '.' && strpbrk(name, "~#") == NULL && strstr(name, ".dpkg-") == NULL &&
	       strstr(name, ".rpm") == NULL && strstr(name, PAM_FOLDER_BACKUP) == NULL;
}

int pam_folder_list(struct dirent ***files)
{
	int count = scandir(PAM_FOLDER, files, is_service, alphasort);

	return count < 0 ? -errno : count;
}
