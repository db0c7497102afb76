#include "app_secret.h"

#include <errno.h>
#include <string.h>

#include "problem.h"
#include "random.h"
#include "safe_file.h"
#include "secret.h"

bool app_secret_is_valid(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] == '\0' || strchr(RANDOM_BASE62, bytes[i]) == NULL)
			return false;
	}
	return length >= 16 && length <= 64;
}

int app_secret_read(const char *path, char *app_secret, size_t size, struct problem *problem)
{
	static const char allowed[] = RANDOM_BASE62;
	struct secret *contents = NULL;
	size_t length;
	int rv = safe_file_read(path, SAFE_FILE_SECRET, 256, &contents, problem);

	if (rv < 0)
		return rv;
	length = strspn(contents->bytes, allowed);
	if (!app_secret_is_valid(contents->bytes, length) || length >= size ||
		(strcmp(contents->bytes + length, "") != 0 &&
			strcmp(contents->bytes + length, "\n") != 0) ||
		strlen(contents->bytes) != contents->size - 1) {
		rv = problem_set(problem, -EINVAL,
			"%s:1: expected one line with the app secret, 16 to 64 letters and digits",
			path);
	} else {
		memcpy(app_secret, contents->bytes, length);
		app_secret[length] = '\0';
	}
	secret_free(&contents);
	return rv;
}
