#include "pam_load.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "followed_file.h"
#include "pam_stack.h"
#include "paths.h"
#include "problem.h"
#include "safe_file.h"
#include "subprocess.h"
#include "text.h"

#define SECONDS 10
#define OLD_MODULES "/lib/security" /* where Debian's libpam looks then */
#define LOADED "loaded"

static const struct function {
	const char *type, *name;
} functions[] = {
	{"auth", "pam_sm_authenticate"},
	{"account", "pam_sm_acct_mgmt"},
	{"session", "pam_sm_open_session"},
	{"password", "pam_sm_chauthtok"},
};

struct wanted {
	const char *path, *function;
};

/* The work of the process: writes LOADED, or what is wrong. */
static int load(int fd, void *context)
{
	const struct rlimit no_core = {0, 0};
	const struct wanted *wanted = context;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	const char *said = LOADED;
	void *module;

	(void)setrlimit(RLIMIT_CORE, &no_core);
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++) {
		if (null < 0 || dup2(null, i) < 0)
			return 1;
	}
	module = dlopen(wanted->path, RTLD_NOW | RTLD_LOCAL);
	if (module == NULL || dlsym(module, wanted->function) == NULL)
		said = dlerror();
	return safe_file_write(fd, said, strlen(said)) < 0;
}

static const char *find_function(const char *type)
{
	const struct function *function = functions;

	while (strcmp(function->type, type) != 0)
		function++;
	return function->name;
}

int pam_load_try(const char *path, const char *type, struct problem *problem)
{
	struct wanted wanted = {path, find_function(type)};
	char said[512];
	int status = 0;
	int rv = followed_file_judge(path, problem);

	if (rv < 0)
		return rv;
	rv = subprocess_call(load, &wanted, said, sizeof(said), &status, SECONDS);
	if (rv == -ETIMEDOUT)
		return problem_set(
			problem, -ENOEXEC, "%s: it is not loaded within %d seconds", path, SECONDS);
	if (rv < 0)
		return problem_set(problem, rv, "%s: %s", path, strerror(-rv));
	if (strcmp(said, LOADED) == 0)
		return 0;
	if (WIFSIGNALED(status))
		return problem_set(problem, -ENOEXEC, "%s: signal %d ends whoever loads it", path,
			WTERMSIG(status));
	if (said[0] == '\0')
		return problem_set(problem, -ENOEXEC, "%s: it ends whoever loads it", path);
	/* The linker begins with this path or with a library's. */
	if (strncmp(said, path, strlen(path)) == 0)
		return problem_set(problem, -ENOEXEC, "%s", said);
	return problem_set(problem, -ENOEXEC, "%s: %s", path, said);
}

/* Makes the path as libpam does. Returns 0 or -errno. */
static int find_module(const char *module, char path[PATH_MAX])
{
	const char *slash = strrchr(module, '/');
	int rv;

	/* It stands for the place of this architecture's modules. */
	if (strstr(module, "$ISA/") != NULL)
		module = slash + 1;
	if (module[0] == '/')
		return text_format(path, PATH_MAX, "%s", module);
	rv = text_format(path, PATH_MAX, PATH_MODULES "/%s", module);
	if (rv < 0 || access(path, F_OK) == 0)
		return rv;
	rv = text_format(path, PATH_MAX, OLD_MODULES "/%s", module);
	return rv < 0 || access(path, F_OK) == 0
	               ? rv
	               : text_format(path, PATH_MAX, PATH_MODULES "/%s", module);
}

int pam_load_entry(struct pam_entry *entry, const char *type, struct problem *problem)
{
	char path[PATH_MAX];
	int rv = find_module(entry->module, path);

	rv = rv < 0 ? problem_set(problem, rv, "%s: %s", entry->module, strerror(-rv))
	            : pam_load_try(path, type, problem);
	entry->is_missing = rv == -ENOENT || rv == -ENOEXEC;
	return rv;
}
