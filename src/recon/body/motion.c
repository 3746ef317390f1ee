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
// Coprime to the sizes of most grids, so that points that are looked at do not lie in planes.
#define FEWER_POINTS 7

bool recon_motion_matters(const sp_view *views, int count)
{
    double first = INFINITY, last = -INFINITY;
    for (int v = 0; v < count; v++) {
        first = fmin(first, views[v].dt_s);
        last = fmax(last, views[v].dt_s);
    }
    return last - first > SAME_TIME_S;
}

// A matte, and when.
typedef struct sight {
    const recon_silhouette *silhouette;
    double dt_s;
} sight;

typedef struct search {
    sight *sights;
    int sight_count;
    sp_pool *pool;
    double *points; // three a point
    double *sums;   // one a chunk
    int64_t count;
    int every;              // so many-th point is looked at
    const double *velocity; // at hand
} search;

double recon_motion_share(double metres)
{
    return fmin(fmax(0.5 + metres / GRID_M, 0), 1);
}

// How much the view that denies most but one, and the one before it, let of a point: 0 outside, 1 inside.
static double allowed(const search *s, const double at[3])
{
    double least = 1, second = 1;
    for (int v = 0; v < s->sight_count; v++) {
        float metres;
        double dt = s->sights[v].dt_s;
        const double moved[3] = {at[0] + s->velocity[0] * dt, at[1] + s->velocity[1] * dt,
                                 at[2] + s->velocity[2] * dt};
        if (!recon_silhouette_at(&metres, s->sights[v].silhouette, moved))
            continue;
        double share = recon_motion_share((double)metres);
        if (share < least) {
            second = least;
            least = share;
        } else
            second = fmin(second, share);
        if (second <= 0)
            return 0; // whatever the others say
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
        if (i % s->every == 0)
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

static void add_sights(search *s, const recon_scene *scene, const sp_view *views)
{
    for (int v = 0; v < scene->count; v++)
        if (scene->views[v].used)
            s->sights[s->sight_count++] = (sight){&scene->views[v].silhouette, views[v].dt_s};
}

static int64_t cells_of(const recon_hull *hull)
{
    return hull->field ? (int64_t)hull->size[0] * hull->size[1] * hull->size[2] : 0;
}

// The samples of the hull inside of it and around; points may be NULL, to count them.
static int64_t take_points(double *points, const recon_hull *hull)
{
    int64_t count = 0;
    for (int64_t i = 0; i < cells_of(hull); i++) {
        if (hull->field[i] < (float)-AROUND_M)
            continue;
        const int64_t at[3] = {i % hull->size[0], i / hull->size[0] % hull->size[1],
                               i / hull->size[0] / hull->size[1]};
        for (int k = 0; points && k < 3; k++)
            points[3 * count + k] = hull->origin[k] + hull->voxel_m * (double)at[k];
        count++;
    }
    return count;
}

int recon_motion_points(double **points, int64_t *count, const recon_scene *scene, sp_pool *pool,
                        const sp_progress *progress)
{
    size_t n = (size_t)scene->count;
    recon_silhouette *silhouettes = sp_calloc(n, sizeof *silhouettes);
    bool *used = sp_calloc(n, sizeof *used);
    recon_hull hull = {0};
    int rc = silhouettes && used ? SP_OK : SP_ENOMEM, views = 0;
    for (size_t v = 0; !rc && v < n; v++) {
        silhouettes[v] = scene->views[v].silhouette;
        used[v] = scene->views[v].used;
        views += used[v];
    }
    recon_hull_params params = recon_hull_params_default();
    params.voxel_m = GRID_M;
    params.tolerance = views / 3;
    if (!rc)
        rc = recon_hull_carve(&hull, silhouettes, used, scene->count, &params, pool, progress);
    int64_t listed = take_points(NULL, &hull);
    double *list = rc ? NULL : sp_calloc(3 * (size_t)listed + 1, sizeof *list);
    rc = rc || list ? rc : SP_ENOMEM;
    if (!rc) {
        take_points(list, &hull);
        *points = list;
        *count = listed;
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

int recon_motion_whole(double velocity[3], const recon_scene *scene, const sp_view *views,
                       const recon_scene *around, const sp_view *around_views, sp_pool *pool,
                       const sp_progress *progress)
{
    // Where neighbours tell him by large strides, few points are enough.
    search s = {.pool = pool, .every = around->count ? FEWER_POINTS : 1};
    s.sights = sp_calloc((size_t)(scene->count + around->count), sizeof *s.sights);
    int rc = s.sights ? recon_motion_points(&s.points, &s.count, scene, pool, progress) : SP_ENOMEM;
    s.sums = sp_calloc((size_t)s.count / CHUNK + 1, sizeof *s.sums);
    rc = rc || s.sums ? rc : SP_ENOMEM;
    velocity[0] = velocity[1] = velocity[2] = 0;
    if (!rc) {
        add_sights(&s, scene, views);
        add_sights(&s, around, around_views);
        climb(velocity, &s);
    }
    free(s.sights);
    free(s.points);
    free(s.sums);
    return rc;
}

double recon_motion_crossing(const sp_camera *camera, const double at[3], const double velocity[3])
{
    sp_vec2 here, there;
    sp_vec3 now = sp_v3(at[0], at[1], at[2]), by = sp_v3(velocity[0], velocity[1], velocity[2]);
    if (!sp_camera_project(&here, camera, now) ||
        !sp_camera_project(&there, camera, sp_v3_add(now, sp_v3_scale(by, 1e-3))))
        return 0;
    return hypot(there.x - here.x, there.y - here.y) / 1e-3;
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
