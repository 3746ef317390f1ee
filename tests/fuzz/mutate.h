// Changes to bytes that parsers get wrong: flips, extreme numbers, cuts, repeats, splices.
#ifndef STILLPOINT_TESTS_FUZZ_MUTATE_H
#define STILLPOINT_TESTS_FUZZ_MUTATE_H

#include <stillpoint/base.h>

typedef struct {
    uint8_t *data;
    size_t size, capacity;
} mutate_bytes;

// Change bytes a few times; other is a second seed to splice from. size stays within capacity.
void mutate(mutate_bytes *bytes, const mutate_bytes *other, sp_rng *rng);

#endif
