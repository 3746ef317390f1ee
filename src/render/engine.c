// The vector backends: memory, order of work and threads around a render_kernels table.
//
//   cull, project (chunks of splats) -> sort by depth -> bin (bands of tile rows) -> blend (tiles)
//   blend backward (tiles) -> gather (runs of sorted splats) -> project backward (chunks of splats)
//
// Every item of work writes its own memory only and sums in an order that the data fixes, so that the result
// has the same bits for any number of threads.
#include "backend.h"
#include "bin.h"
#include "engine.h"
#include "grow.h"
#include "sort.h"

typedef struct engine {
    const render_kernels *kernels;
    sp_pool *pool;
    render_frame frame;
    size_t chunks, tiles;
    size_t *chunk_first; // dense number of each chunk's first visible splat
    double *camera_sums; // RENDER_CAMERA_SUMS a chunk
    render_sort_memory sort;
    // Capacities, in entries, of what the frame points to.
    size_t records_room, boxes_room, keys_room, chunk_count_room, chunk_first_room, group_visible_room,
        group_first_room, block_end_room, tiles_room, tile_counts_room, pair_sums_room, slot_sums_room,
        camera_sums_room;
    render_bins bins;
} engine;

static int grow_frame(engine *e)
{
    render_frame *f = &e->frame;
    size_t slots = e->chunks * RENDER_CHUNK, groups = slots / RENDER_GROUP;
    int failed = RENDER_GROW(f->records, e->records_room, slots) ||
                 RENDER_GROW(f->boxes, e->boxes_room, slots) ||
                 RENDER_GROW(f->depth_keys, e->keys_room, slots) ||
                 RENDER_GROW(f->chunk_count, e->chunk_count_room, e->chunks) ||
                 RENDER_GROW(e->chunk_first, e->chunk_first_room, e->chunks + 1) ||
                 RENDER_GROW(f->group_visible, e->group_visible_room, groups) ||
                 RENDER_GROW(f->group_first, e->group_first_room, groups) ||
                 RENDER_GROW(f->tiles, e->tiles_room, e->tiles) ||
                 RENDER_GROW(f->block_end, e->block_end_room, RENDER_BLOCKS * e->tiles) ||
                 RENDER_GROW(f->tile_counts, e->tile_counts_room, 2 * e->tiles);
    return failed ? SP_ENOMEM : 0;
}

static void cull_item(void *context, int64_t chunk, int worker)
{
    (void)worker;
    engine *e = context;
    e->kernels->cull(&e->frame, (size_t)chunk);
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
        e->sort.entries[at + k] = (render_sort_entry){e->frame.depth_keys[slot + k], (uint32_t)(slot + k)};
    }
}

static int order_by_depth(engine *e)
{
    render_frame *f = &e->frame;
    e->chunk_first[0] = 0;
    for (size_t c = 0; c < e->chunks; c++)
        e->chunk_first[c + 1] = e->chunk_first[c] + f->chunk_count[c];
    f->visible = e->chunk_first[e->chunks];
    if (render_sort_reserve(&e->sort, f->visible))
        return SP_ENOMEM;
    sp_pool_run(e->pool, (int64_t)e->chunks, gather_keys, e);
    render_sort(&e->sort, f->visible, e->pool);
    f->order = e->sort.ids;
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
    f->tile_x0 = view->left / RENDER_TILE;
    f->tile_y0 = view->top / RENDER_TILE;
    f->tiles_x = (view->left + view->width + RENDER_TILE - 1) / RENDER_TILE - f->tile_x0;
    f->tiles_y = (view->top + view->height + RENDER_TILE - 1) / RENDER_TILE - f->tile_y0;
    f->rgb = planes->rgb;
    f->alpha = planes->alpha;
    f->depth = planes->depth;
    f->normal = planes->normal;
    f->under = planes->under;
    e->tiles = (size_t)f->tiles_x * (size_t)f->tiles_y;
    e->chunks = (cloud->count + RENDER_CHUNK - 1) / RENDER_CHUNK;
    if (grow_frame(e))
        return SP_ENOMEM;
    double start = sp_time_s();
    sp_pool_run(e->pool, (int64_t)e->chunks, cull_item, e);
    double t0 = sp_time_s();
    sp_pool_run(e->pool, (int64_t)e->chunks, project_item, e);
    double t1 = sp_time_s();
    int code = order_by_depth(e);
    double t2 = sp_time_s();
    if (!code)
        code = render_bin(&e->bins, f, e->kernels, e->pool);
    if (code)
        return code;
    double t3 = sp_time_s();
    sp_pool_run(e->pool, (int64_t)e->tiles, blend_item, e);
    double t4 = sp_time_s();
    *stats = (sp_render_stats){.cull_s = t0 - start,
                               .project_s = t1 - t0,
                               .sort_s = t2 - t1,
                               .bin_s = t3 - t2,
                               .blend_s = t4 - t3,
                               .visible = (int64_t)f->visible};
    for (int b = 0; b < f->bands; b++)
        stats->pairs_binned += (int64_t)f->band[b].count;
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
        const render_band *band = &f->band[b];
        const float *from = f->pair_sums + (band->first_sum + band->runs[run]) * RENDER_PAIR_SUMS;
        for (size_t p = band->runs[run]; p < band->runs[run + 1]; p++, from += RENDER_PAIR_SUMS) {
            float *to = f->slot_sums + (size_t)band->hits[p].slot * RENDER_PAIR_SUMS;
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
    f->gradient = gradients->cloud->data;
    f->screen = gradients->screen;
    f->is_drawn = gradients->visible;
    const render_band *bottom = &f->band[f->bands - 1];
    if (RENDER_GROW(f->pair_sums, e->pair_sums_room,
                    (bottom->first_sum + bottom->count) * RENDER_PAIR_SUMS) ||
        RENDER_GROW(f->slot_sums, e->slot_sums_room, e->chunks * RENDER_CHUNK * RENDER_PAIR_SUMS) ||
        RENDER_GROW(e->camera_sums, e->camera_sums_room, e->chunks * RENDER_CAMERA_SUMS))
        return SP_ENOMEM;
    f->camera_sums = gradients->camera ? e->camera_sums : NULL;
    double start = sp_time_s();
    sp_pool_run(e->pool, (int64_t)e->tiles, blend_backward_item, e);
    sp_pool_run(e->pool, (int64_t)e->bins.runs, gather_sums, e);
    sp_pool_run(e->pool, (int64_t)e->chunks, project_backward_item, e);
    if (gradients->camera)
        render_camera_gradient(gradients->camera, view, e->camera_sums, e->chunks);
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
    void *owned[] = {f->records,     f->boxes,         f->depth_keys, f->chunk_count, e->chunk_first,
                     f->group_first, f->group_visible, f->tiles,      f->block_end,   f->tile_counts,
                     f->pair_sums,   f->slot_sums,     e->camera_sums};
    for (size_t k = 0; k < sizeof owned / sizeof *owned; k++)
        free(owned[k]);
    render_bins_free(&e->bins);
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
