/*
 * What a fuzzer of a parser defines (tests/fuzz_NAME.c):
 *
 *	LLVMFuzzerTestOneInput	asserts the parser's laws with FUZZ_HOLDS
 *	fuzz_accepts		whether the parser takes these bytes
 *
 * With --enable-fuzzers (clang) it is a libFuzzer program: give it a scratch
 * directory first and tests/corpus/NAME second, since it writes to the first.
 * Else fuzz_main.c runs tests/corpus/NAME through it as an ordinary test.  A
 * corpus file whose name begins with "y_" must be accepted, one with "n_"
 * refused; any other only has to keep the laws.
 *
 * A new one needs its source, its corpus, and its lines in tests/local.mk.
 */
#ifndef TD_TESTS_FUZZ_H
#define TD_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
bool fuzz_accepts(const uint8_t *data, size_t size);

#define FUZZ_HOLDS(law)							\
	do {								\
		if (!(law)) {						\
			(void)fprintf(stderr, "%s:%d: broken: %s\n",	\
			    __FILE__, __LINE__, #law);			\
			abort();					\
		}							\
	} while (0)

#endif
