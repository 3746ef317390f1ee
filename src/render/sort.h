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

// What is sorted, and scratch memory; starts zeroed and keeps its memory.
typedef struct render_sort_memory {
    uint32_t *keys, *ids;
    uint32_t *other_keys, *other_ids;
    uint32_t *counts;
    size_t room[5];
} render_sort_memory;

// Room for count entries; what was there is lost. Returns 0 or SP_ENOMEM.
int render_sort_reserve(render_sort_memory *memory, size_t count);

// Stable radix sort of (keys[i], ids[i]) by key, ascending. Swaps keys and ids for others, maybe.
void render_sort(render_sort_memory *memory, size_t count, sp_pool *pool);

void render_sort_free(render_sort_memory *memory);

#endif
