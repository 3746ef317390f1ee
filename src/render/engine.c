// The vector backends: memory, order of work and threads around a render_kernels table.
//
//   project (chunks of splats) -> sort by depth -> bin (bands of tile rows) -> blend (tiles)
//   blend backward (tiles) -> gather (runs of sorted splats) -> project backward (chunks of splats)
//
// Every item of work writes its own memory only and sums in an order that the data fixes, so that the result
// has the same bits for any number of threads.
#include "backend.h"
#include "engine.h"
#include "grow.h"
#include "sort.h"

enum {
    BANDS_WANTED = 16,
    BANDS_MOST = 320, // of the largest picture, whose bands' tiles still have 16-bit numbers
    AHEAD = 12,       // records to fetch into the cache before they are needed
};

typedef struct engine {
    const render_kernels *kernels;
    sp_pool *pool;
    render_frame frame;
    size_t chunks, tiles;
    size_t *chunk_first; // dense number of each chunk's first visible splat
    render_sort_memory sort;
    // Capacities, in entries, of what the frame points to.
    size_t records_room, boxes_room, keys_room, chunk_count_room, chunk_first_room, group_visible_room,
        group_first_room, sorted_boxes_room, block_end_room, tiles_room, final_t_room, last_room,
        tile_counts_room, pair_sums_room, slot_sums_room;
    render_band bands[BANDS_MOST];
    size_t runs_room[BANDS_MOST];
} engine;

#define GROW(field, room, count) render_grow((void **)&(field), &(room), (count), sizeof *(field))

static int grow_frame(engine *e)
{
    render_frame *f = &e->frame;
    size_t slots = e->chunks * RENDER_CHUNK, groups = slots / RENDER_GROUP,
           pixels = e->tiles * RENDER_TILE_PIXELS;
    int failed =
        GROW(f->records, e->records_room, slots) || GROW(f->boxes, e->boxes_room, slots) ||
        GROW(f->depth_keys, e->keys_room, slots) || GROW(f->chunk_count, e->chunk_count_room, e->chunks) ||
        GROW(e->chunk_first, e->chunk_first_room, e->chunks + 1) ||
        GROW(f->group_visible, e->group_visible_room, groups) ||
        GROW(f->group_first, e->group_first_room, groups) || GROW(f->tiles, e->tiles_room, e->tiles) ||
        GROW(f->final_t, e->final_t_room, pixels) || GROW(f->last, e->last_room, pixels) ||
        GROW(f->block_end, e->block_end_room, 16 * e->tiles) ||
        GROW(f->tile_counts, e->tile_counts_room, 2 * e->tiles);
    return failed ? SP_ENOMEM : 0;
}

static void project_item(void *context, int64_t chunk, int worker)
{
    (void)worker;
    engine *e = context;
    e->kernels->project(&e->frame, (size_t)chunk);
}

// Number the visible splats of all chunks without gaps.
static void gather_keys(void *context, int64_t chunk, int worker)
{
    (void)worker;
    engine *e = context;
    size_t slot = (size_t)chunk * RENDER_CHUNK, at = e->chunk_first[chunk];
    for (size_t k = 0; k < e->frame.chunk_count[chunk]; k++) {
        e->sort.keys[at + k] = e->frame.depth_keys[slot + k];
        e->sort.ids[at + k] = (uint32_t)(slot + k);
    }
}

static void gather_boxes(void *context, int64_t run, int worker)
{
    (void)worker;
    engine *e = context;
    size_t end = ((size_t)run + 1) * RENDER_RUN;
    for (size_t k = (size_t)run * RENDER_RUN; k < end && k < e->frame.visible; k++)
        e->frame.sorted_boxes[k] = e->frame.boxes[e->frame.order[k]];
}

static int64_t run_count(const engine *e)
{
    return (int64_t)((e->frame.visible + RENDER_RUN - 1) / RENDER_RUN);
}

static int order_by_depth(engine *e)
{
    render_frame *f = &e->frame;
    e->chunk_first[0] = 0;
    for (size_t c = 0; c < e->chunks; c++)
        e->chunk_first[c + 1] = e->chunk_first[c] + f->chunk_count[c];
    f->visible = e->chunk_first[e->chunks];
    if (render_sort_reserve(&e->sort, f->visible) || GROW(f->sorted_boxes, e->sorted_boxes_room, f->visible))
        return SP_ENOMEM;
    sp_pool_run(e->pool, (int64_t)e->chunks, gather_keys, e);
    render_sort(&e->sort, f->visible, e->pool);
    f->order = e->sort.ids;
    sp_pool_run(e->pool, run_count(e), gather_boxes, e);
    return 0;
}

// Room for more pairs behind those that were emitted.
static int reserve_pairs(render_band *band, size_t more)
{
    if (band->count + more <= band->capacity)
        return 0;
    size_t capacity = (band->count + more) * 3 / 2 + 1024;
    if (capacity > UINT32_MAX)
        return sp_error(SP_ENOMEM, "a picture needs more than %u pairs of splats and tiles", UINT32_MAX);
    render_pair *emitted = sp_aligned_calloc(capacity, sizeof *emitted);
    render_pair *pairs = sp_aligned_calloc(capacity, sizeof *pairs);
    if (!emitted || !pairs) {
        free(emitted);
        free(pairs);
        return SP_ENOMEM;
    }
    if (band->count)
        memcpy(emitted, band->emitted, band->count * sizeof *emitted);
    free(band->emitted);
    free(band->pairs);
    band->emitted = emitted;
    band->pairs = pairs;
    band->capacity = capacity;
    return 0;
}

// A counting sort of the emitted pairs by tile, which keeps their depth order.
static void sort_by_tile(engine *e, const render_band *band, uint32_t number)
{
    size_t tiles = (size_t)(band->row1 - band->row0) * (size_t)e->frame.tiles_x;
    render_tile *tile = e->frame.tiles + (size_t)band->row0 * (size_t)e->frame.tiles_x;
    for (size_t t = 0; t < tiles; t++)
        tile[t] = (render_tile){.band = number};
    for (size_t k = 0; k < band->count; k++)
        tile[band->emitted[k].tile].count++;
    uint32_t first = 0;
    for (size_t t = 0; t < tiles; t++) {
        tile[t].first = first;
        first += tile[t].count;
        tile[t].count = 0;
    }
    for (size_t k = 0; k < band->count; k++) {
        render_tile *t = &tile[band->emitted[k].tile];
        band->pairs[t->first + t->count++] = band->emitted[k];
    }
}

static bool is_in_band(const render_box *box, const render_band *band)
{
    return box->y0 < band->row1 && box->y1 > band->row0;
}

static void bin_band(void *context, int64_t index, int worker)
{
    (void)worker;
    engine *e = context;
    render_band *band = &e->bands[index];
    render_reach reach = {.row0 = band->row0,
                          .tiles_x = e->frame.tiles_x,
                          .log2_cutoff = log2f((float)e->frame.view->alpha_cutoff)};
    band->count = 0;
    band->code = 0;
    for (size_t k = 0; k < e->frame.visible; k++) {
        if (k % RENDER_RUN == 0)
            band->runs[k / RENDER_RUN] = (uint32_t)band->count;
        const render_box *box = &e->frame.sorted_boxes[k];
        if (k + AHEAD < e->frame.visible && is_in_band(box + AHEAD, band))
            __builtin_prefetch(&e->frame.records[e->frame.order[k + AHEAD]]);
        if (!is_in_band(box, band))
            continue;
        reach.x0 = box->x0;
        reach.x1 = box->x1;
        reach.y0 = box->y0 > band->row0 ? box->y0 : band->row0;
        reach.y1 = box->y1 < band->row1 ? box->y1 : band->row1;
        reach.emission = (uint32_t)band->count;
        band->code = reserve_pairs(band, (size_t)(reach.x1 - reach.x0) * (size_t)(reach.y1 - reach.y0) + 1);
        if (band->code)
            return;
        uint32_t slot = e->frame.order[k];
        band->count += e->kernels->reach(band->emitted + band->count, &e->frame.records[slot], slot, &reach);
    }
    band->runs[run_count(e)] = (uint32_t)band->count;
    sort_by_tile(e, band, (uint32_t)index);
}

static int bin(engine *e)
{
    render_frame *f = &e->frame;
    int rows = (f->tiles_y + BANDS_WANTED - 1) / BANDS_WANTED;
    if (rows > UINT16_MAX / f->tiles_x)
        rows = UINT16_MAX / f->tiles_x;
    f->bands = (f->tiles_y + rows - 1) / rows;
    f->band = e->bands;
    for (int b = 0; b < f->bands; b++) {
        render_band *band = &e->bands[b];
        band->row0 = b * rows;
        band->row1 = band->row0 + rows < f->tiles_y ? band->row0 + rows : f->tiles_y;
        if (GROW(band->runs, e->runs_room[b], (size_t)run_count(e) + 1))
            return SP_ENOMEM;
    }
    sp_pool_run(e->pool, f->bands, bin_band, e);
    size_t pairs = 0;
    for (int b = 0; b < f->bands; b++) {
        if (e->bands[b].code)
            return sp_error(SP_ENOMEM, "memory ran out for the lists of a %dx%d px picture of %zu splats",
                            f->view->width, f->view->height, f->visible);
        e->bands[b].first_sum = pairs;
        pairs += e->bands[b].count;
    }
    return 0;
}

static void blend_item(void *context, int64_t tile, int worker)
{
    (void)worker;
    engine *e = context;
    e->kernels->blend(&e->frame, tile);
}

static int engine_draw(void *state, const render_view *view, const sp_splat_cloud *cloud,
                       const render_planes *planes, sp_render_stats *stats)
{
    engine *e = state;
    render_frame *f = &e->frame;
    f->view = view;
    f->rows = cloud->data;
    f->stride = cloud->capacity;
    f->splats = cloud->count;
    f->sh_degree = cloud->sh_degree;
    f->tiles_x = (view->width + RENDER_TILE - 1) / RENDER_TILE;
    f->tiles_y = (view->height + RENDER_TILE - 1) / RENDER_TILE;
    f->rgb = planes->rgb;
    f->alpha = planes->alpha;
    f->depth = planes->depth;
    f->under = planes->under;
    e->tiles = (size_t)f->tiles_x * (size_t)f->tiles_y;
    e->chunks = (cloud->count + RENDER_CHUNK - 1) / RENDER_CHUNK;
    if (grow_frame(e))
        return SP_ENOMEM;
    double t0 = sp_time_s();
    sp_pool_run(e->pool, (int64_t)e->chunks, project_item, e);
    double t1 = sp_time_s();
    int code = order_by_depth(e);
    double t2 = sp_time_s();
    if (!code)
        code = bin(e);
    if (code)
        return code;
    double t3 = sp_time_s();
    sp_pool_run(e->pool, (int64_t)e->tiles, blend_item, e);
    double t4 = sp_time_s();
    *stats = (sp_render_stats){.project_s = t1 - t0,
                               .sort_s = t2 - t1,
                               .bin_s = t3 - t2,
                               .blend_s = t4 - t3,
                               .visible = (int64_t)f->visible};
    for (int b = 0; b < f->bands; b++)
        stats->pairs_binned += (int64_t)e->bands[b].count;
    for (size_t t = 0; t < e->tiles; t++) {
        stats->pairs_tested += f->tile_counts[2 * t];
        stats->pairs_blended += f->tile_counts[2 * t + 1];
    }
    return 0;
}

static void blend_backward_item(void *context, int64_t tile, int worker)
{
    (void)worker;
    engine *e = context;
    e->kernels->blend_backward(&e->frame, tile);
}

// Add up the sums of each splat's pairs: bands from the top down, so always in the same order.
static void gather_sums(void *context, int64_t run, int worker)
{
    (void)worker;
    engine *e = context;
    render_frame *f = &e->frame;
    size_t end = ((size_t)run + 1) * RENDER_RUN;
    for (size_t k = (size_t)run * RENDER_RUN; k < end && k < f->visible; k++)
        memset(f->slot_sums + (size_t)f->order[k] * RENDER_PAIR_SUMS, 0, RENDER_PAIR_SUMS * sizeof(float));
    for (int b = 0; b < f->bands; b++) {
        const render_band *band = &e->bands[b];
        const float *from = f->pair_sums + (band->first_sum + band->runs[run]) * RENDER_PAIR_SUMS;
        for (size_t p = band->runs[run]; p < band->runs[run + 1]; p++, from += RENDER_PAIR_SUMS) {
            float *to = f->slot_sums + (size_t)band->emitted[p].slot * RENDER_PAIR_SUMS;
            for (int j = 0; j < RENDER_PAIR_SUMS; j++)
                to[j] += from[j];
        }
    }
}

static void project_backward_item(void *context, int64_t chunk, int worker)
{
    (void)worker;
    engine *e = context;
    e->kernels->project_backward(&e->frame, (size_t)chunk);
}

static int engine_backward(void *state, const render_view *view, const sp_splat_cloud *cloud,
                           const render_gradients *gradients, sp_render_stats *stats)
{
    engine *e = state;
    render_frame *f = &e->frame;
    f->view = view;
    f->rows = cloud->data;
    f->d_rgb = gradients->d_rgb;
    f->d_alpha = gradients->d_alpha;
    f->under = gradients->under;
    f->gradient = gradients->cloud->data;
    f->screen = gradients->screen;
    f->is_drawn = gradients->visible;
    const render_band *bottom = &e->bands[f->bands - 1];
    if (GROW(f->pair_sums, e->pair_sums_room, (bottom->first_sum + bottom->count) * RENDER_PAIR_SUMS) ||
        GROW(f->slot_sums, e->slot_sums_room, e->chunks * RENDER_CHUNK * RENDER_PAIR_SUMS))
        return SP_ENOMEM;
    double start = sp_time_s();
    sp_pool_run(e->pool, (int64_t)e->tiles, blend_backward_item, e);
    sp_pool_run(e->pool, run_count(e), gather_sums, e);
    sp_pool_run(e->pool, (int64_t)e->chunks, project_backward_item, e);
    stats->backward_s = sp_time_s() - start;
    return 0;
}

static int engine_open(void **out, sp_pool *pool, const render_kernels *kernels)
{
    engine *e = sp_calloc(1, sizeof *e);
    if (!e)
        return SP_ENOMEM;
    e->kernels = kernels;
    e->pool = pool;
    *out = e;
    return 0;
}

static void engine_close(void *state)
{
    engine *e = state;
    render_frame *f = &e->frame;
    void *owned[] = {f->records,     f->boxes,         f->depth_keys,   f->chunk_count, e->chunk_first,
                     f->group_first, f->group_visible, f->tiles,        f->final_t,     f->last,
                     f->block_end,   f->tile_counts,   f->sorted_boxes, f->pair_sums,   f->slot_sums};
    for (size_t k = 0; k < sizeof owned / sizeof *owned; k++)
        free(owned[k]);
    for (int b = 0; b < BANDS_MOST; b++) {
        free(e->bands[b].emitted);
        free(e->bands[b].pairs);
        free(e->bands[b].runs);
    }
    render_sort_free(&e->sort);
    free(e);
}

#define VECTOR_BACKEND(level)                                                                                \
    static int open_##level(void **out, sp_pool *pool)                                                       \
    {                                                                                                        \
        return engine_open(out, pool, &render_kernels_##level);                                              \
    }                                                                                                        \
    const render_backend render_##level = {.name = #level,                                                   \
                                           .open = open_##level,                                             \
                                           .close = engine_close,                                            \
                                           .draw = engine_draw,                                              \
                                           .backward = engine_backward};

VECTOR_BACKEND(baseline)
#if RENDER_HAS_X86
VECTOR_BACKEND(avx2)
VECTOR_BACKEND(avx512)
#endif
