/*
 * fuzz - what every fuzzer includes.
 *
 * A fuzzer is one function for one parser of outside data. With -Dfuzz=true libFuzzer calls it;
 * otherwise replay.c does, with every file of its corpus.
 */
#ifndef PAM_WECHAT_FUZZ_H
#define PAM_WECHAT_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that must hold for every input. */
#define EXPECT(condition)         \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

#endif
