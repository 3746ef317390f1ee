#include "depths.h"
#include "colours.h"
#include "../floor/floor.h"
#include "../stereo/grey.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_LEVELS 3
#define LEAST_PIXELS 24000.0 // of a view, to be worth a level
#define FIRST_ITERATIONS 4   // from nothing
#define NEXT_ITERATIONS 2    // from a coarser map

// The views and their depths at one level; level 0 borrows the geometry's views.
typedef struct level {
    recon_stereo_view *views;
    recon_depth_map *maps;
    int reduction; // halvings
} level;

// A pixel is hidden where any that it is made of is.
static int reduce_hidden(uint8_t **out, const recon_stereo_view *view, const sp_camera *to)
{
    if (!view->hidden)
        return SP_OK;
    size_t from_w = (size_t)view->camera.width, from_h = (size_t)view->camera.height, w = (size_t)to->width,
           h = (size_t)to->height;
    uint8_t *hidden = sp_calloc(w * h, 1);
    if (!hidden)
        return SP_ENOMEM;
    for (size_t i = 0; i < from_w * from_h; i++) {
        size_t x = i % from_w, y = i / from_w;
        for (size_t v = y * h / from_h; view->hidden[i] && v * from_h < (y + 1) * h; v++)
            for (size_t u = x * w / from_w; u * from_w < (x + 1) * w; u++)
                hidden[v * w + u] = 1;
    }
    *out = hidden;
    return SP_OK;
}

static int reduce_view(recon_stereo_view *out, const recon_stereo_view *view, int halvings)
{
    out->camera =
        sp_camera_resized(&view->camera, view->camera.width >> halvings, view->camera.height >> halvings);
    int rc = sp_image_resize(&out->rgb, &view->rgb, out->camera.width, out->camera.height);
    if (!rc)
        rc = recon_grey(&out->grey, &out->rgb);
    if (!rc)
        rc = reduce_hidden(&out->hidden, view, &out->camera);
    return rc ? rc : recon_quads_init(&out->quads, &out->grey);
}

typedef struct reduce_job {
    const recon_stereo_view *from;
    level *to;
} reduce_job;

static int reduce_one(void *context, int64_t i, int worker)
{
    (void)worker;
    reduce_job *job = context;
    int rc = reduce_view(&job->to->views[i], &job->from[i], job->to->reduction);
    return rc ? sp_error_context(rc, "picture of camera %s", job->from[i].camera.id) : SP_OK;
}

static void level_free(level *l, int count)
{
    for (int i = 0; l->maps && i < count; i++)
        recon_depth_map_free(&l->maps[i]);
    free(l->maps);
    if (l->reduction > 0)
        recon_stereo_views_free(l->views, count);
    *l = (level){0};
}

static int level_open(level *l, const recon_geometry *g, int reduction, sp_pool *pool)
{
    *l = (level){.maps = sp_calloc((size_t)g->count, sizeof *l->maps), .reduction = reduction};
    int rc = l->maps ? SP_OK : SP_ENOMEM;
    if (!rc && reduction == 0)
        l->views = g->views;
    else if (!rc)
        rc = (l->views = sp_calloc((size_t)g->count, sizeof *l->views)) ? SP_OK : SP_ENOMEM;
    reduce_job job = {g->views, l};
    if (!rc && reduction > 0)
        rc = sp_pool_try(pool, g->count, reduce_one, &job);
    return rc;
}

// Pixels of all views at a level, times iterations: what its time goes with.
static double work_of(const recon_geometry *g, int reduction, int levels)
{
    double pixels = 0;
    for (int i = 0; i < g->count; i++)
        pixels += (double)g->views[i].camera.width * g->views[i].camera.height;
    return pixels / pow(4, reduction) * (reduction == levels - 1 ? FIRST_ITERATIONS : NEXT_ITERATIONS);
}

static int match(level *l, const level *before, recon_stereo_params *params, const recon_geometry *g,
                 sp_pool *pool, const sp_progress *progress)
{
    params->start = before->maps;
    params->iterations = before->maps ? NEXT_ITERATIONS : FIRST_ITERATIONS;
    double from = params->done_from, share = (params->done_to - from) / g->count;
    int rc = SP_OK;
    for (int i = 0; i < g->count && !rc; i++) {
        params->done_from = from + share * i;
        params->done_to = from + share * (i + 1);
        rc = recon_stereo(&l->maps[i], l->views, g->count, i, params, pool, progress);
    }
    params->first_iteration += params->iterations;
    return rc;
}

static int levels_of(const recon_geometry *g)
{
    double least = INFINITY;
    for (int i = 0; i < g->count; i++)
        least = fmin(least, (double)g->views[i].camera.width * g->views[i].camera.height);
    int levels = 1;
    while (levels < MOST_LEVELS && least / pow(4, levels) >= LEAST_PIXELS)
        levels++;
    return levels;
}

// What the first depths say of the views' exposures: later levels and the geometry's views are evened out.
// Plates are left alone: athletes are solved before them as they are.
static int even_out(recon_geometry *g, const level *first, sp_pool *pool)
{
    g->gains = sp_calloc((size_t)g->count, sizeof *g->gains);
    if (!g->gains)
        return SP_ENOMEM;
    for (int i = 0; i < g->count; i++)
        g->gains[i][0] = g->gains[i][1] = g->gains[i][2] = 1;
    if (!g->params.holds_action)
        return SP_OK;
    int rc = recon_colour_gains(g->gains, first->views, first->maps, g->count, pool);
    for (int i = 0; i < g->count && !rc; i++)
        rc = recon_even_colours(&g->views[i], g->gains[i]);
    return rc;
}

int recon_depths(recon_geometry *g, sp_pool *pool, const sp_progress *progress)
{
    int levels = levels_of(g), rc = SP_OK;
    double all = 0, done = 0;
    for (int l = 0; l < levels; l++)
        all += work_of(g, l, levels);
    recon_stereo_params params = g->params;
    params.first_iteration = 0;
    level before = {0};
    for (int l = levels - 1; l >= 0 && !rc; l--) {
        level now;
        params.done_from = done / all;
        params.done_to = (done += work_of(g, l, levels)) / all;
        rc = level_open(&now, g, l, pool);
        if (!rc)
            rc = match(&now, &before, &params, g, pool, progress);
        if (!rc && l == levels - 1 && !recon_floor_is_there(now.views, now.maps, g->count, &params))
            params.floor_radius_m = g->params.floor_radius_m = g->params.action_radius_m = 0;
        if (!rc && l == levels - 1)
            rc = even_out(g, &now, pool);
        level_free(&before, g->count);
        before = now;
    }
    if (!rc) {
        g->maps = before.maps;
        before.maps = NULL;
    }
    level_free(&before, g->count);
    return rc;
}
