#include "account.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_MAX (1024 * 1024)

/* Searches by name, or by uid if that is NULL. */
static int find(struct account *account, const char *name, uid_t uid)
{
	struct passwd entry, *found = NULL;
	char *buffer = NULL;
	size_t size = 1024;
	int error = ERANGE;

	memset(account, 0, sizeof(*account));
	while (error == ERANGE && size < BUFFER_MAX) {
		free(buffer);
		size *= 4;
		buffer = malloc(size);
		if (buffer == NULL)
			return -ENOMEM;
		do {
			error = name != NULL ? getpwnam_r(name, &entry, buffer, size, &found)
			                     : getpwuid_r(uid, &entry, buffer, size, &found);
		} while (error == EINTR);
	}
	if (error == 0 && found != NULL) {
		account->name = strdup(found->pw_name);
		account->shell = strdup(found->pw_shell == NULL ? "" : found->pw_shell);
		account->uid = found->pw_uid;
		account->gid = found->pw_gid;
		error = account->name == NULL || account->shell == NULL ? ENOMEM : 0;
		if (error != 0)
			account_finish(account);
	} else if (error == 0) {
		error = ENOENT;
	} else if (error == ENOENT) {
		/* A directory that is away says so, too: that is no word about this user. */
		error = EIO;
	}
	free(buffer);
	return -error;
}

int account_find(struct account *account, const char *name)
{
	return find(account, name, 0);
}

int account_find_uid(struct account *account, uid_t uid)
{
	return find(account, NULL, uid);
}

void account_finish(struct account *account)
{
	free(account->name);
	free(account->shell);
	account->name = account->shell = NULL;
}
