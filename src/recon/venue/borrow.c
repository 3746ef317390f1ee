// Depths that one view has from others: what they agree on is seen from there too.
#include "fuse.h"

#include <math.h>
#include <stdlib.h>

#define LEAST_FACING 0.15 // cosine between a surface's normal and the line of sight: less is seen along it
#define MOST_RADIUS 3     // pixels that one of another view covers to each side, at most
#define BORROWED_COLOUR 0.08f // mean difference of channels of what still looks the same
#define BEFORE 0.01f          // by this share of the depth the nearer surface hides the farther one

// Per pixel the nearest surface that another view is sure of, and which pixel of it: where that faces the
// view.
typedef struct borrowed {
    float *depth; // 0: none
    int32_t *view, *pixel;
} borrowed;

static void borrowed_free(borrowed *b)
{
    free(b->depth);
    free(b->view);
    free(b->pixel);
}

static int borrowed_init(borrowed *b, size_t pixels)
{
    b->depth = sp_calloc(pixels, sizeof *b->depth);
    b->view = sp_calloc(pixels, sizeof *b->view);
    b->pixel = sp_calloc(pixels, sizeof *b->pixel);
    return b->depth && b->view && b->pixel ? SP_OK : SP_ENOMEM;
}

static sp_vec3 normal_at(const recon_geometry *g, int view, size_t at)
{
    const recon_depth_map *map = &g->maps[view];
    return sp_m3_apply_transposed(g->views[view].camera.rotation,
                                  sp_v3(map->normal[0][at], map->normal[1][at], map->normal[2][at]));
}

// Put one pixel of another view where this view sees it.
static void splat(borrowed *b, const recon_geometry *g, int view, int from, size_t pixel)
{
    const sp_camera *c = &g->views[view].camera;
    sp_vec3 world = recon_world_at(g, from, pixel), to_eye = sp_v3_sub(sp_camera_center(c), world);
    size_t at;
    double z;
    if (!recon_pixel_in(&at, &z, g, view, world) ||
        sp_v3_dot(normal_at(g, from, pixel), to_eye) < LEAST_FACING * sp_v3_norm(to_eye))
        return;
    int width = c->width, x = (int)(at % (size_t)width), y = (int)(at / (size_t)width);
    double size = g->maps[from].depth[pixel] / g->views[from].camera.fx * c->fx / z;
    int radius = (int)fmin(0.5 * size + 0.5, MOST_RADIUS);
    for (int j = y - radius; j <= y + radius; j++)
        for (int i = x - radius; i <= x + radius; i++) {
            if (i < 0 || j < 0 || i >= width || j >= c->height)
                continue;
            size_t p = (size_t)j * (size_t)width + (size_t)i;
            if (b->depth[p] > 0 && b->depth[p] * (1 - BEFORE) < (float)z)
                continue;
            b->depth[p] = (float)z;
            b->view[p] = from;
            b->pixel[p] = (int32_t)pixel;
        }
}

// Depth and normal of a borrowed surface's plane at a pixel; false where it does not look like it.
static bool take(recon_geometry *g, int view, const borrowed *b, size_t at)
{
    recon_depth_map *map = &g->maps[view];
    const sp_camera *c = &g->views[view].camera;
    int from = b->view[at];
    size_t pixel = (size_t)b->pixel[at];
    if (b->depth[at] <= 0 ||
        recon_unlike(&g->views[view].rgb, at, &g->views[from].rgb, pixel) > BORROWED_COLOUR)
        return false;
    double x = (double)(at % (size_t)c->width) + 0.5, y = (double)(at / (size_t)c->width) + 0.5;
    sp_vec3 normal = normal_at(g, from, pixel), eye = sp_camera_center(c),
            step = sp_v3_sub(recon_world_point(c, x, y, 1), eye);
    double depth =
        sp_v3_dot(normal, sp_v3_sub(recon_world_at(g, from, pixel), eye)) / sp_v3_dot(normal, step);
    if (!(fabs(depth / b->depth[at] - 1) < RECON_SEEN_THROUGH))
        depth = b->depth[at];
    if (recon_stands_in_the_way(g, view, recon_world_point(c, x, y, depth)))
        return false;
    sp_vec3 n = sp_m3_apply(c->rotation, normal);
    map->depth[at] = (float)depth;
    map->normal[0][at] = (float)n.x;
    map->normal[1][at] = (float)n.y;
    map->normal[2][at] = (float)n.z;
    return true;
}

typedef struct borrow_job {
    recon_geometry *geometry;
    uint8_t **taken; // per view and pixel
} borrow_job;

static int borrow_view(void *context, int64_t view, int worker)
{
    (void)worker;
    borrow_job *job = context;
    recon_geometry *g = job->geometry;
    size_t pixels = (size_t)g->maps[view].width * (size_t)g->maps[view].height;
    borrowed b = {0};
    int rc = borrowed_init(&b, pixels);
    if (!rc)
        rc = (job->taken[view] = sp_calloc(pixels, 1)) ? SP_OK : SP_ENOMEM;
    for (int j = 0; j < g->count && !rc; j++)
        for (size_t at = 0; j != view && at < (size_t)g->maps[j].width * (size_t)g->maps[j].height; at++)
            if (g->confirmed[j][at] == RECON_SURE)
                splat(&b, g, (int)view, j, at);
    for (size_t at = 0; at < pixels && !rc; at++)
        job->taken[view][at] = !g->confirmed[view][at] && take(g, (int)view, &b, at);
    borrowed_free(&b);
    return rc ? sp_error_context(rc, "depths of camera %s", g->views[view].camera.id) : SP_OK;
}

int recon_borrow(recon_geometry *g, sp_pool *pool)
{
    borrow_job job = {g, sp_calloc((size_t)g->count, sizeof *job.taken)};
    int rc = job.taken ? sp_pool_try(pool, g->count, borrow_view, &job) : SP_ENOMEM;
    // All have borrowed before any is believed: what is confirmed decides what stands in the way.
    for (int v = 0; v < g->count && !rc; v++)
        for (size_t at = 0; at < (size_t)g->maps[v].width * (size_t)g->maps[v].height; at++)
            if (job.taken[v][at])
                g->confirmed[v][at] = RECON_LONELY;
    for (int v = 0; job.taken && v < g->count; v++)
        free(job.taken[v]);
    free(job.taken);
    return rc;
}
