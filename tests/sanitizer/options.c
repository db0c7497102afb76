/*
 * Linked into the exchange and the helper of a build with sanitizers: the exchange has no
 * environment to take options from. What the environment says goes before these.
 */
#include <sys/prctl.h>

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void)
{
	return "abort_on_error=1:disable_coredump=1:detect_leaks=1:detect_stack_use_after_return=1:"
	       "strict_string_checks=1:check_initialization_order=1";
}

const char *__ubsan_default_options(void)
{
	return "halt_on_error=1:abort_on_error=1:print_stacktrace=1";
}

/* LeakSanitizer, which comes last, looks at the process by ptrace. */
__attribute__((destructor)) static void let_leaks_be_found(void)
{
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}
