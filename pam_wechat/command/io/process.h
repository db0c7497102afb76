/*
 * process - who runs, and whose child that is, as /proc tells it (proc(5)).
 */
#ifndef PAM_WECHAT_IO_PROCESS_H
#define PAM_WECHAT_IO_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROCESS_NAME_MAX 15 /* as many bytes of a name as the kernel keeps */
#define PROCESS_LINEAGE_MAX 64

struct process {
	pid_t pid, parent;
	uint64_t began; /* clock ticks after the machine's start, by CLOCK_BOOTTIME */
	bool has_terminal;
	uid_t real, effective;
	char name[PROCESS_NAME_MAX + 1]; /* of the program; whoever runs it may have changed it */
};

/* Reads what is known of a process. Returns 0, or -errno: -ENOENT if it is gone. */
int process_read(pid_t pid, struct process *process);

/*
 * Reads this process, its parent, and so on up to the first of all. Returns how many they are; 0 if
 * one of them can't be read, or there are too many.
 */
size_t process_lineage(struct process lineage[PROCESS_LINEAGE_MAX]);

/* The moment of now, in the unit of `began`. */
uint64_t process_now(void);

#endif
