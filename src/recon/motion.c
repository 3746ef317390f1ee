#include "motion.h"
#include "hull.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Times that lie within this count as one: some containers round them to milliseconds, and at 15 m/s it is a
// finger's width.
#define SAME_TIME_S 1.1e-3
// Points that the athlete may be at are this far apart, and may lie this far outside of what most views
// allow.
#define GRID_M 0.03
#define AROUND_M 0.07
// The search goes by this at first, m/s, and ends below the last.
#define FIRST_STEP 8.0
#define LAST_STEP 0.2
#define CHUNK 256

bool recon_motion_matters(const sp_view *views, int count)
{
    double first = INFINITY, last = -INFINITY;
    for (int v = 0; v < count; v++) {
        first = fmin(first, views[v].dt_s);
        last = fmax(last, views[v].dt_s);
    }
    return last - first > SAME_TIME_S;
}

typedef struct search {
    const recon_scene *scene;
    const sp_view *views;
    sp_pool *pool;
    double *points; // three a point
    double *sums;   // one a chunk
    int64_t count;
    const double *velocity; // at hand
} search;

// How much the view that denies most but one, and the one before it, let of a point: 0 outside, 1 inside.
static double allowed(const search *s, const double at[3])
{
    double least = 1, second = 1;
    for (int v = 0; v < s->scene->count; v++) {
        float metres;
        if (!s->scene->views[v].used)
            continue;
        const double moved[3] = {at[0] + s->velocity[0] * s->views[v].dt_s,
                                 at[1] + s->velocity[1] * s->views[v].dt_s,
                                 at[2] + s->velocity[2] * s->views[v].dt_s};
        if (!recon_silhouette_at(&metres, &s->scene->views[v].silhouette, moved))
            continue;
        double share = fmin(fmax(0.5 + (double)metres / GRID_M, 0), 1);
        if (share < least) {
            second = least;
            least = share;
        } else
            second = fmin(second, share);
    }
    return 0.5 * (least + second);
}

static void sum_chunk(void *context, int64_t chunk, int worker)
{
    (void)worker;
    search *s = context;
    int64_t end = (chunk + 1) * CHUNK < s->count ? (chunk + 1) * CHUNK : s->count;
    s->sums[chunk] = 0;
    for (int64_t i = chunk * CHUNK; i < end; i++)
        s->sums[chunk] += allowed(s, s->points + 3 * i);
}

// The volume, in grid cells, that all views and all but one allow when it moves like this.
static double volume_at(search *s, const double velocity[3])
{
    int64_t chunks = (s->count + CHUNK - 1) / CHUNK;
    double sum = 0;
    s->velocity = velocity;
    sp_pool_run(s->pool, chunks, sum_chunk, s);
    for (int64_t c = 0; c < chunks; c++)
        sum += s->sums[c];
    return sum;
}

// The points of a hull that is carved with much tolerance, and around it.
static int list_points(search *s, const sp_progress *progress)
{
    size_t n = (size_t)s->scene->count;
    recon_silhouette *silhouettes = sp_calloc(n, sizeof *silhouettes);
    bool *used = sp_calloc(n, sizeof *used);
    recon_hull hull = {0};
    int rc = silhouettes && used ? SP_OK : SP_ENOMEM, views = 0;
    for (size_t v = 0; !rc && v < n; v++) {
        silhouettes[v] = s->scene->views[v].silhouette;
        used[v] = s->scene->views[v].used;
        views += used[v];
    }
    recon_hull_params params = recon_hull_params_default();
    params.voxel_m = GRID_M;
    params.tolerance = views / 3;
    if (!rc)
        rc = recon_hull_carve(&hull, silhouettes, used, s->scene->count, &params, s->pool, progress);
    size_t cells = hull.field ? (size_t)hull.size[0] * (size_t)hull.size[1] * (size_t)hull.size[2] : 0;
    s->points = sp_calloc(3 * cells + 1, sizeof *s->points);
    rc = rc || s->points ? rc : SP_ENOMEM;
    for (size_t i = 0; !rc && i < cells; i++) {
        if (hull.field[i] < (float)-AROUND_M)
            continue;
        const size_t at[3] = {i % (size_t)hull.size[0], i / (size_t)hull.size[0] % (size_t)hull.size[1],
                              i / (size_t)hull.size[0] / (size_t)hull.size[1]};
        for (int k = 0; k < 3; k++)
            s->points[3 * s->count + k] = hull.origin[k] + hull.voxel_m * (double)at[k];
        s->count++;
    }
    recon_hull_free(&hull);
    free(silhouettes);
    free(used);
    return rc;
}

// Up the hill along the axes, by ever smaller steps.
static void climb(double velocity[3], search *s)
{
    double best = volume_at(s, velocity);
    for (double step = FIRST_STEP; step >= LAST_STEP; step *= 0.5)
        for (int k = 0, since = 0; since < 6; k = (k + 1) % 6, since++) {
            double tried[3];
            memcpy(tried, velocity, sizeof tried);
            tried[k / 2] += k % 2 ? -step : step;
            double volume = volume_at(s, tried);
            if (volume <= best)
                continue;
            best = volume;
            memcpy(velocity, tried, sizeof tried);
            since = -1;
            k = (k + 5) % 6; // the same way again
        }
}

int recon_motion_whole(double velocity[3], const recon_scene *scene, const sp_view *views, sp_pool *pool,
                       const sp_progress *progress)
{
    search s = {.scene = scene, .views = views, .pool = pool};
    int rc = list_points(&s, progress);
    s.sums = sp_calloc((size_t)s.count / CHUNK + 1, sizeof *s.sums);
    rc = rc || s.sums ? rc : SP_ENOMEM;
    velocity[0] = velocity[1] = velocity[2] = 0;
    if (!rc && s.count)
        climb(velocity, &s);
    free(s.points);
    free(s.sums);
    return rc;
}

static void shift_camera(sp_camera *camera, sp_vec3 by)
{
    camera->translation = sp_v3_add(camera->translation, sp_m3_apply(camera->rotation, by));
}

void recon_motion_shift(recon_scene *scene, const sp_view *views, const double velocity[3])
{
    for (int v = 0; v < scene->count; v++) {
        recon_scene_view *view = &scene->views[v];
        if (!view->used)
            continue;
        sp_vec3 by = sp_v3_scale(sp_v3(velocity[0], velocity[1], velocity[2]), views[v].dt_s);
        shift_camera(&view->full, by);
        shift_camera(&view->silhouette.camera, by);
        view->silhouette.translation[0] = view->full.translation.x;
        view->silhouette.translation[1] = view->full.translation.y;
        view->silhouette.translation[2] = view->full.translation.z;
    }
}
