// Depth-sorted splats are dealt to bands of tile rows; each band then finds the tiles that its splats reach
// and sorts what it found by tile, which keeps the depth order. No pair of splat and tile is compared with
// another.
#include "bin.h"

#include "grow.h"

#include <math.h>
#include <string.h>

enum { AHEAD = 12 }; // records to fetch into the cache before they are needed

typedef struct bin_job {
    render_bins *bins;
    render_frame *frame;
    const render_kernels *kernels;
} bin_job;

static size_t run_end(const bin_job *job, int64_t run)
{
    size_t end = ((size_t)run + 1) * RENDER_RUN;
    return end < job->frame->visible ? end : job->frame->visible;
}

static uint32_t *start_of(render_bins *bins, int band, int64_t run)
{
    return &bins->starts[(size_t)band * (bins->runs + 1) + (size_t)run];
}

// ---- Dealing to bands

static void count_run(void *context, int64_t run, int worker)
{
    (void)worker;
    bin_job *job = context;
    render_bins *bins = job->bins;
    const render_frame *f = job->frame;
    uint32_t counts[RENDER_BANDS_MOST] = {0};
    size_t end = run_end(job, run);
    for (size_t k = (size_t)run * RENDER_RUN; k < end; k++) {
        if (k + AHEAD < end)
            __builtin_prefetch(&f->boxes[f->order[k + AHEAD]]);
        bins->boxes[k] = f->boxes[f->order[k]];
        for (int b = bins->boxes[k].y0 / bins->rows; b * bins->rows < bins->boxes[k].y1; b++)
            counts[b]++;
    }
    for (int b = 0; b < bins->bands; b++)
        *start_of(bins, b, run) = counts[b];
}

static void deal_run(void *context, int64_t run, int worker)
{
    (void)worker;
    bin_job *job = context;
    render_bins *bins = job->bins;
    uint32_t at[RENDER_BANDS_MOST];
    for (int b = 0; b < bins->bands; b++)
        at[b] = *start_of(bins, b, run);
    size_t end = run_end(job, run);
    for (size_t k = (size_t)run * RENDER_RUN; k < end; k++) {
        render_entry entry = {job->frame->order[k], bins->boxes[k]};
        for (int b = entry.box.y0 / bins->rows; b * bins->rows < entry.box.y1; b++)
            bins->entries[at[b]++] = entry;
    }
}

static int deal(bin_job *job, sp_pool *pool)
{
    render_bins *bins = job->bins;
    bins->runs = (job->frame->visible + RENDER_RUN - 1) / RENDER_RUN;
    if (RENDER_GROW(bins->boxes, bins->boxes_room, job->frame->visible) ||
        RENDER_GROW(bins->starts, bins->starts_room, (size_t)bins->bands * (bins->runs + 1)))
        return SP_ENOMEM;
    sp_pool_run(pool, (int64_t)bins->runs, count_run, job);
    size_t sum = 0;
    for (int b = 0; b < bins->bands; b++) {
        for (size_t run = 0; run < bins->runs; run++) {
            uint32_t *start = start_of(bins, b, (int64_t)run), count = *start;
            *start = (uint32_t)sum;
            sum += count;
        }
        *start_of(bins, b, (int64_t)bins->runs) = (uint32_t)sum;
    }
    if (sum > UINT32_MAX || RENDER_GROW(bins->entries, bins->entries_room, sum))
        return SP_ENOMEM;
    sp_pool_run(pool, (int64_t)bins->runs, deal_run, job);
    return 0;
}

// ---- A band

// Room for more hits behind those that there are.
static int reserve_hits(render_band *band, size_t more)
{
    if (band->count + more <= band->capacity)
        return 0;
    size_t capacity = (band->count + more) * 3 / 2 + 1024;
    if (capacity > UINT32_MAX)
        return SP_ENOMEM;
    render_hit *hits = sp_aligned_calloc(capacity, sizeof *hits);
    render_pair *pairs = sp_aligned_calloc(capacity, sizeof *pairs);
    if (!hits || !pairs) {
        free(hits);
        free(pairs);
        return SP_ENOMEM;
    }
    if (band->count)
        memcpy(hits, band->hits, band->count * sizeof *hits);
    free(band->hits);
    free(band->pairs);
    band->hits = hits;
    band->pairs = pairs;
    band->capacity = capacity;
    return 0;
}

// A counting sort of the hits by tile, which keeps their depth order.
static void sort_by_tile(render_frame *f, const render_band *band, uint32_t number)
{
    size_t tiles = (size_t)(band->row1 - band->row0) * (size_t)f->tiles_x;
    render_tile *tile = f->tiles + (size_t)band->row0 * (size_t)f->tiles_x;
    for (size_t t = 0; t < tiles; t++)
        tile[t] = (render_tile){.band = number};
    for (size_t k = 0; k < band->count; k++)
        tile[band->hits[k].tile].count++;
    uint32_t first = 0;
    for (size_t t = 0; t < tiles; t++) {
        tile[t].first = first;
        first += tile[t].count;
        tile[t].count = 0;
    }
    for (size_t k = 0; k < band->count; k++) {
        const render_hit *hit = &band->hits[k];
        render_tile *t = &tile[hit->tile];
        band->pairs[t->first + t->count++] = (render_pair){hit->blocks, hit->slot, (uint32_t)k};
    }
}

static int find_hits(render_band *band, const bin_job *job, const render_entry *entry, render_reach *reach)
{
    reach->x0 = entry->box.x0;
    reach->x1 = entry->box.x1;
    reach->y0 = entry->box.y0 > band->row0 ? entry->box.y0 : band->row0;
    reach->y1 = entry->box.y1 < band->row1 ? entry->box.y1 : band->row1;
    size_t most = (size_t)(reach->x1 - reach->x0) * (size_t)(reach->y1 - reach->y0);
    int code = reserve_hits(band, most + 1);
    if (!code)
        band->count += job->kernels->reach(band->hits + band->count, &job->frame->records[entry->slot],
                                           entry->slot, reach);
    return code;
}

static void bin_band(void *context, int64_t index, int worker)
{
    (void)worker;
    bin_job *job = context;
    render_bins *bins = job->bins;
    const render_frame *f = job->frame;
    render_band *band = &bins->band[index];
    render_reach reach = {.row0 = band->row0,
                          .tiles_x = f->tiles_x,
                          .tile_x0 = f->tile_x0,
                          .tile_y0 = f->tile_y0,
                          .log2_cutoff = log2f((float)f->view->alpha_cutoff)};
    band->count = 0;
    band->code = 0;
    uint32_t end = *start_of(bins, (int)index, (int64_t)bins->runs);
    for (size_t run = 0; run < bins->runs; run++) {
        band->runs[run] = (uint32_t)band->count;
        for (uint32_t k = *start_of(bins, (int)index, (int64_t)run);
             k < *start_of(bins, (int)index, (int64_t)run + 1); k++) {
            if (k + AHEAD < end)
                __builtin_prefetch(&f->records[bins->entries[k + AHEAD].slot]);
            band->code = find_hits(band, job, &bins->entries[k], &reach);
            if (band->code)
                return;
        }
    }
    band->runs[bins->runs] = (uint32_t)band->count;
    sort_by_tile(job->frame, band, (uint32_t)index);
}

static void cut_bands(render_bins *bins, const render_frame *f)
{
    bins->rows = (f->tiles_y + RENDER_BANDS_MOST - 1) / RENDER_BANDS_MOST;
    bins->bands = (f->tiles_y + bins->rows - 1) / bins->rows;
    for (int b = 0; b < bins->bands; b++) {
        render_band *band = &bins->band[b];
        band->row0 = b * bins->rows;
        band->row1 = band->row0 + bins->rows < f->tiles_y ? band->row0 + bins->rows : f->tiles_y;
    }
}

int render_bin(render_bins *bins, render_frame *f, const render_kernels *kernels, sp_pool *pool)
{
    bin_job job = {bins, f, kernels};
    cut_bands(bins, f);
    int code = deal(&job, pool);
    for (int b = 0; b < bins->bands && !code; b++)
        code = RENDER_GROW(bins->band[b].runs, bins->runs_room[b], bins->runs + 1);
    if (!code)
        sp_pool_run(pool, bins->bands, bin_band, &job);
    size_t pairs = 0;
    for (int b = 0; b < bins->bands && !code; b++) {
        code = bins->band[b].code;
        bins->band[b].first_sum = pairs;
        pairs += bins->band[b].count;
    }
    f->bands = bins->bands;
    f->band = bins->band;
    return code ? sp_error(SP_ENOMEM, "memory ran out for the lists of a %dx%d px picture of %zu splats",
                           f->view->width, f->view->height, f->visible)
                : 0;
}

void render_bins_free(render_bins *bins)
{
    for (int b = 0; b < RENDER_BANDS_MOST; b++) {
        free(bins->band[b].hits);
        free(bins->band[b].pairs);
        free(bins->band[b].runs);
    }
    free(bins->boxes);
    free(bins->entries);
    free(bins->starts);
}
