// Ordering of visible splats by depth.
#ifndef RENDER_SORT_H
#define RENDER_SORT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// A positive float as an integer of the same order.
static inline uint32_t render_depth_key(float depth)
{
    uint32_t key;
    memcpy(&key, &depth, sizeof key);
    return key;
}

// Stable radix sort of (key, id) by key, ascending. The scratch arrays have count entries; the result is in
// keys and ids.
void render_sort(uint32_t *keys, uint32_t *ids, uint32_t *scratch_keys, uint32_t *scratch_ids, size_t count);

#endif
