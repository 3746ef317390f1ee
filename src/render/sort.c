#include "sort.h"

#include "grow.h"

#include <stdlib.h>

enum {
    DIGIT_BITS = 14,
    DIGITS = 1 << DIGIT_BITS,
    PASSES = 2,
    BLOCKS_MOST = 8,     // that are counted and moved on their own
    BLOCK_LEAST = 16384, // entries
};

int render_sort_reserve(render_sort_memory *m, size_t count)
{
    int failed = RENDER_GROW(m->entries, m->room[0], count) || RENDER_GROW(m->ids, m->room[1], count) ||
                 RENDER_GROW(m->other, m->room[2], count) ||
                 RENDER_GROW(m->counts, m->room[3], BLOCKS_MOST * DIGITS);
    return failed ? SP_ENOMEM : 0;
}

void render_sort_free(render_sort_memory *m)
{
    free(m->entries);
    free(m->ids);
    free(m->other);
    free(m->counts);
    memset(m, 0, sizeof *m);
}

typedef struct sort_job {
    render_sort_memory *m;
    size_t count;
    int blocks;
    uint32_t least[BLOCKS_MOST], most[BLOCKS_MOST]; // keys
    uint32_t base;                                  // the least of all
    int shift, bits;                                // of this pass' digit
    const render_sort_entry *from;                  // of this pass
    bool is_last;
} sort_job;

static size_t block_start(const sort_job *job, int64_t block)
{
    return job->count * (size_t)block / (size_t)job->blocks;
}

static void find_range(void *context, int64_t block, int worker)
{
    (void)worker;
    sort_job *job = context;
    uint32_t least = UINT32_MAX, most = 0;
    for (size_t i = block_start(job, block); i < block_start(job, block + 1); i++) {
        uint32_t key = job->m->entries[i].key;
        least = key < least ? key : least;
        most = key > most ? key : most;
    }
    job->least[block] = least;
    job->most[block] = most;
}

static uint32_t digit_of(const sort_job *job, uint32_t key)
{
    return (key - job->base) >> job->shift & ((1u << job->bits) - 1);
}

static void count_block(void *context, int64_t block, int worker)
{
    (void)worker;
    const sort_job *job = context;
    uint32_t *counts = job->m->counts + block * DIGITS;
    memset(counts, 0, sizeof *counts << job->bits);
    for (size_t i = block_start(job, block); i < block_start(job, block + 1); i++)
        counts[digit_of(job, job->from[i].key)]++;
}

static void move_block(void *context, int64_t block, int worker)
{
    (void)worker;
    const sort_job *job = context;
    uint32_t *starts = job->m->counts + block * DIGITS;
    for (size_t i = block_start(job, block); i < block_start(job, block + 1); i++) {
        render_sort_entry entry = job->from[i];
        uint32_t at = starts[digit_of(job, entry.key)]++;
        if (job->is_last)
            job->m->ids[at] = entry.id;
        else
            job->m->other[at] = entry;
    }
}

// Turn counts into where each block's entries of each digit go.
static void place_digits(const sort_job *job)
{
    uint32_t *counts = job->m->counts, sum = 0;
    for (int d = 0; d < 1 << job->bits; d++)
        for (int b = 0; b < job->blocks; b++) {
            uint32_t n = counts[b * DIGITS + d];
            counts[b * DIGITS + d] = sum;
            sum += n;
        }
}

void render_sort(render_sort_memory *m, size_t count, sp_pool *pool)
{
    if (!count)
        return;
    size_t blocks = count / BLOCK_LEAST + 1;
    sort_job job = {.m = m, .count = count, .blocks = (int)(blocks < BLOCKS_MOST ? blocks : BLOCKS_MOST)};
    sp_pool_run(pool, job.blocks, find_range, &job);
    uint32_t most = 0;
    job.base = UINT32_MAX;
    for (int b = 0; b < job.blocks; b++) {
        job.base = job.least[b] < job.base ? job.least[b] : job.base;
        most = job.most[b] > most ? job.most[b] : most;
    }
    int bits = 0, drop = 0;
    while (bits < 32 && (most - job.base) >> bits)
        bits++;
    if (bits > PASSES * DIGIT_BITS)
        drop = bits - PASSES * DIGIT_BITS;
    job.shift = drop;
    job.bits = (bits - drop + 1) / PASSES;
    for (int pass = 0; pass < PASSES; pass++, job.shift += job.bits) {
        job.from = pass ? m->other : m->entries;
        job.is_last = pass == PASSES - 1;
        sp_pool_run(pool, job.blocks, count_block, &job);
        place_digits(&job);
        sp_pool_run(pool, job.blocks, move_block, &job);
    }
}
