/*
 * apart - lets the program FILE.real run in a network of its own, where nothing is reached, if FILE
 * is this one.
 */
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char real[PATH_MAX + sizeof(".real")];
	ssize_t length = readlink("/proc/self/exe", real, PATH_MAX);

	(void)argc;
	if (length < 0 || unshare(CLONE_NEWNET) < 0)
		return EXIT_FAILURE;
	strcpy(real + length, ".real");
	(void)execv(real, argv);
	return EXIT_FAILURE;
}
