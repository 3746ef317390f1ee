#include "sort.h"

#include "grow.h"

#include <stdlib.h>

enum {
    DIGIT_BITS = 11,
    DIGITS = 1 << DIGIT_BITS,
    PASSES = 3,
    BLOCKS_MOST = 16,   // that are counted and moved on their own
    BLOCK_LEAST = 8192, // entries
};

int render_sort_reserve(render_sort_memory *m, size_t count)
{
    uint32_t **buffers[5] = {&m->keys, &m->ids, &m->other_keys, &m->other_ids, &m->counts};
    for (int b = 0; b < 5; b++)
        if (render_grow((void **)buffers[b], &m->room[b], b < 4 ? count : BLOCKS_MOST * DIGITS,
                        sizeof **buffers[b]))
            return SP_ENOMEM;
    return 0;
}

void render_sort_free(render_sort_memory *m)
{
    free(m->keys);
    free(m->ids);
    free(m->other_keys);
    free(m->other_ids);
    free(m->counts);
    memset(m, 0, sizeof *m);
}

typedef struct sort_job {
    render_sort_memory *m;
    size_t count;
    int blocks, shift;
} sort_job;

static size_t block_start(const sort_job *job, int64_t block)
{
    return job->count * (size_t)block / (size_t)job->blocks;
}

static uint32_t digit_of(uint32_t key, int shift)
{
    return (key >> shift) & (DIGITS - 1);
}

static void count_block(void *context, int64_t block, int worker)
{
    (void)worker;
    const sort_job *job = context;
    uint32_t *counts = job->m->counts + block * DIGITS;
    memset(counts, 0, DIGITS * sizeof *counts);
    for (size_t i = block_start(job, block); i < block_start(job, block + 1); i++)
        counts[digit_of(job->m->keys[i], job->shift)]++;
}

static void move_block(void *context, int64_t block, int worker)
{
    (void)worker;
    const sort_job *job = context;
    uint32_t *starts = job->m->counts + block * DIGITS;
    for (size_t i = block_start(job, block); i < block_start(job, block + 1); i++) {
        uint32_t at = starts[digit_of(job->m->keys[i], job->shift)]++;
        job->m->other_keys[at] = job->m->keys[i];
        job->m->other_ids[at] = job->m->ids[i];
    }
}

// Turn counts into where each block's entries of each digit go. False when all share one digit.
static bool place_digits(const sort_job *job)
{
    uint32_t *counts = job->m->counts, sum = 0;
    for (int d = 0; d < DIGITS; d++) {
        uint32_t before = sum;
        for (int b = 0; b < job->blocks; b++) {
            uint32_t n = counts[b * DIGITS + d];
            counts[b * DIGITS + d] = sum;
            sum += n;
        }
        if (sum - before == job->count)
            return false;
    }
    return true;
}

void render_sort(render_sort_memory *m, size_t count, sp_pool *pool)
{
    size_t blocks = count / BLOCK_LEAST + 1;
    sort_job job = {.m = m, .count = count, .blocks = (int)(blocks < BLOCKS_MOST ? blocks : BLOCKS_MOST)};
    for (int pass = 0; pass < PASSES && count; pass++) {
        job.shift = pass * DIGIT_BITS;
        sp_pool_run(pool, job.blocks, count_block, &job);
        if (!place_digits(&job))
            continue;
        sp_pool_run(pool, job.blocks, move_block, &job);
        uint32_t *keys = m->keys, *ids = m->ids;
        m->keys = m->other_keys;
        m->ids = m->other_ids;
        m->other_keys = keys;
        m->other_ids = ids;
        size_t room = m->room[0];
        m->room[0] = m->room[2];
        m->room[2] = room;
        room = m->room[1];
        m->room[1] = m->room[3];
        m->room[3] = room;
    }
}
