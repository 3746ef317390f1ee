// What a fuzz target sees. A target is one file fuzz_NAME.c with LLVMFuzzerTestOneInput() and one row in
// meson.build; its seeds lie in seeds/NAME/ or come from fuzz_seed().
#ifndef STILLPOINT_TESTS_FUZZ_H
#define STILLPOINT_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

// Feed the parser. Whatever the bytes are, it has to come back: without a crash, a hang or a leak.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Optional: seeds that are made rather than kept, such as a small video. Returns 0 and the index-th seed in
// new memory, or -1 when there are no more.
int fuzz_seed(uint8_t **data, size_t *size, int index);

// For parsers that take a path: puts the bytes into a scratch file with this ending (".png") and returns its
// name, valid until the next call with the same ending.
const char *fuzz_file(const uint8_t *data, size_t size, const char *ending);

#endif
