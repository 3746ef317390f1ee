// Ordering of visible splats by depth.
#ifndef RENDER_SORT_H
#define RENDER_SORT_H

#include <stddef.h>
#include <stdint.h>
#include <stillpoint/base.h>
#include <string.h>

// A positive float as an integer of the same order.
static inline uint32_t render_depth_key(float depth)
{
    uint32_t key;
    memcpy(&key, &depth, sizeof key);
    return key;
}

typedef struct render_sort_entry {
    uint32_t key, id;
} render_sort_entry;

// What is sorted, what comes out, and scratch memory; starts zeroed and keeps its memory.
typedef struct render_sort_memory {
    render_sort_entry *entries; // in
    uint32_t *ids;              // out: by ascending key
    render_sort_entry *other;
    uint32_t *counts;
    size_t room[4];
} render_sort_memory;

// Room for count entries; what was there is lost. Returns 0 or SP_ENOMEM.
int render_sort_reserve(render_sort_memory *memory, size_t count);

// Stable radix sort of count entries, which are lost. Exact for keys within 2^28 of each other, which are
// depths that differ by a factor of up to 2^32; of more, low bits are left out.
void render_sort(render_sort_memory *memory, size_t count, sp_pool *pool);

void render_sort_free(render_sort_memory *memory);

#endif
