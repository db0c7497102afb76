/*
 * memory - how much memory is this process's alone.
 */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

/*
 * KiB that no other process shares: Private_Clean and Private_Dirty of /proc/self/smaps_rollup.
 * Takes none itself. Returns -1 if that cannot be read.
 */
long memory_private_kib(void);

#endif
