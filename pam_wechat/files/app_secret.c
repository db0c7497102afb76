#include "app_secret.h"

#include <errno.h>
#include <string.h>

#include "plain.h"
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

/* Says what is wrong with a file that holds none, and nothing of what it holds. */
static int find_fault(const struct secret *contents, struct problem *problem)
{
	const char *bytes = contents->bytes;
	const char *fault = plain_encoding_fault(bytes, contents->size - 1);

	if (fault == NULL && strchr(bytes, '\r') != NULL)
		fault = PLAIN_WINDOWS;
	if (fault != NULL)
		return problem_set(problem, -EINVAL, "%s", fault);
	if (plain_judge_line(bytes, problem) < 0)
		return -EINVAL;
	return problem_set(problem, -EINVAL,
		"expected one line with the app secret, 16 to 64 letters and digits");
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
		rv = find_fault(contents, problem);
		problem_locate(problem, "%s:1: ", path);
	} else {
		memcpy(app_secret, contents->bytes, length);
		app_secret[length] = '\0';
	}
	secret_free(&contents);
	return rv;
}
