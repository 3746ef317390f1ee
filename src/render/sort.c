#include "sort.h"

#include <stdbool.h>

#define DIGIT_BITS 11
#define DIGITS (1 << DIGIT_BITS)
#define PASSES 3

void render_sort(uint32_t *keys, uint32_t *ids, uint32_t *scratch_keys, uint32_t *scratch_ids, size_t count)
{
    static const uint32_t mask = DIGITS - 1;
    uint32_t *from_keys = keys, *from_ids = ids, *to_keys = scratch_keys, *to_ids = scratch_ids;
    for (int pass = 0; pass < PASSES; pass++) {
        int shift = pass * DIGIT_BITS;
        size_t start[DIGITS] = {0};
        for (size_t i = 0; i < count; i++)
            start[(from_keys[i] >> shift) & mask]++;
        if (count && start[(from_keys[0] >> shift) & mask] == count)
            continue; // all share this digit
        size_t sum = 0;
        for (int d = 0; d < DIGITS; d++) {
            size_t n = start[d];
            start[d] = sum;
            sum += n;
        }
        for (size_t i = 0; i < count; i++) {
            size_t at = start[(from_keys[i] >> shift) & mask]++;
            to_keys[at] = from_keys[i];
            to_ids[at] = from_ids[i];
        }
        uint32_t *k = from_keys, *v = from_ids;
        from_keys = to_keys;
        from_ids = to_ids;
        to_keys = k;
        to_ids = v;
    }
    if (from_keys != keys) {
        memcpy(keys, from_keys, count * sizeof *keys);
        memcpy(ids, from_ids, count * sizeof *ids);
    }
}
