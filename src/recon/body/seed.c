#include "seed.h"
#include "neighbours.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Deviation of a seed along the surface in spacings (neighbours overlap) and across it.
#define ALONG 0.62
#define ACROSS 0.12
#define SEED_OPACITY 0.85
// A point may lie this many spacings behind the nearest surface of a view and still be seen by it.
#define SLACK_SPACINGS 2.5
// Views that see a point more squarely count much more: their texels are small.
#define SQUARENESS 4
#define TRUST_ENOUGH 0.05f
#define TRUST_STRICT 0.35f
#define INSIDE_PX 2 // of a matte: nearer to an outline a pixel may show what lies behind
#define SPREAD_ROUNDS 24

typedef struct colour_job {
    recon_points *points;
    const recon_scene *scene;
    bool is_strict;
    sp_image *depths;
} colour_job;

static int depth_view(void *context, int64_t v, int worker)
{
    (void)worker;
    colour_job *job = context;
    const recon_scene_view *view = &job->scene->views[v];
    if (!view->used || !view->crop.width)
        return SP_OK;
    int rc = recon_depth_of_points(&job->depths[v], job->points, &view->crop);
    return rc ? sp_error_context(rc, "depths of camera %s", view->full.id) : SP_OK;
}

static void sample(float out[3], const sp_image *rgb, const double px[2])
{
    int x = (int)px[0], y = (int)px[1];
    x = x < rgb->width ? x : rgb->width - 1;
    y = y < rgb->height ? y : rgb->height - 1;
    for (int c = 0; c < 3; c++)
        out[c] = sp_image_plane(rgb, c)[(size_t)y * (size_t)rgb->width + (size_t)x];
}

// Does the matte claim all around a place?
static bool is_inside(const sp_image *matte, const double px[2])
{
    int x = (int)px[0], y = (int)px[1];
    for (int j = y - INSIDE_PX; j <= y + INSIDE_PX; j++)
        for (int i = x - INSIDE_PX; i <= x + INSIDE_PX; i++)
            if (i < 0 || j < 0 || i >= matte->width || j >= matte->height ||
                matte->data[(size_t)j * (size_t)matte->width + (size_t)i] < 0.9f)
                return false;
    return true;
}

#define CHUNK 512

static void colour_chunk(void *context, int64_t chunk, int worker)
{
    (void)worker;
    colour_job *job = context;
    recon_points *p = job->points;
    int64_t end = (chunk + 1) * CHUNK < p->count ? (chunk + 1) * CHUNK : p->count;
    for (int64_t i = chunk * CHUNK; i < end; i++) {
        float sum[3] = {0}, total = 0, best = 0;
        for (int v = 0; v < job->scene->count; v++) {
            const recon_scene_view *view = &job->scene->views[v];
            double px[2];
            if (!job->depths[v].data)
                continue;
            float sight =
                recon_point_sight(px, p, i, &view->crop, &job->depths[v], SLACK_SPACINGS * p->spacing_m);
            if (sight <= 0 || (job->is_strict && !is_inside(&view->cut_matte, px)))
                continue;
            float rgb[3], w = powf(sight, SQUARENESS);
            sample(rgb, &view->rgb, px);
            for (int c = 0; c < 3; c++)
                sum[c] += w * rgb[c];
            total += w;
            best = fmaxf(best, sight);
        }
        p->trust[i] = best;
        for (int c = 0; c < 3; c++)
            p->colour[c][i] = total > 0 ? sum[c] / total : 0.5f;
    }
}

typedef struct spread_job {
    recon_points *points;
    const recon_neighbours *grid;
    double reach;
    const uint8_t *known;
    uint8_t *next; // known after this round
} spread_job;

static void spread_chunk(void *context, int64_t chunk, int worker)
{
    (void)worker;
    spread_job *job = context;
    recon_points *p = job->points;
    int64_t end = (chunk + 1) * CHUNK < p->count ? (chunk + 1) * CHUNK : p->count;
    for (int64_t i = chunk * CHUNK; i < end; i++) {
        int32_t found[64];
        float at[3] = {p->position[0][i], p->position[1][i], p->position[2][i]}, sum[3] = {0};
        int n = job->known[i] ? 0 : recon_neighbours_near(job->grid, at, job->reach, found, 64), used = 0;
        for (int k = 0; k < n; k++) {
            for (int c = 0; job->known[found[k]] && c < 3; c++)
                sum[c] += p->colour[c][found[k]];
            used += job->known[found[k]];
        }
        for (int c = 0; used && c < 3; c++)
            p->colour[c][i] = sum[c] / (float)used;
        job->next[i] |= used > 0;
    }
}

static int64_t chunks_of(const recon_points *p)
{
    return (p->count + CHUNK - 1) / CHUNK;
}

// Points that nobody sees take the mean colour of their coloured neighbours, round after round.
static int spread_colours(recon_points *p, float enough, sp_pool *pool)
{
    recon_neighbours grid;
    double reach = 2.5 * p->spacing_m;
    int rc = recon_neighbours_init(&grid, p->position[0], p->position[1], p->position[2], p->count, reach);
    if (rc)
        return rc;
    size_t count = (size_t)p->count;
    uint8_t *known = sp_calloc(count + 1, 1), *next = sp_calloc(count + 1, 1);
    for (size_t i = 0; known && next && i < count; i++)
        known[i] = next[i] = p->trust[i] > enough;
    spread_job job = {p, &grid, reach, known, next};
    bool has_changed = known && next;
    for (int round = 0; has_changed && round < SPREAD_ROUNDS; round++) {
        sp_pool_run(pool, chunks_of(p), spread_chunk, &job);
        has_changed = memcmp(known, next, count) != 0;
        memcpy(known, next, count);
    }
    rc = known && next ? SP_OK : SP_ENOMEM;
    free(known);
    free(next);
    recon_neighbours_free(&grid);
    return rc;
}

// The middle of a set of positions; what lies on the floor is shadow.
static void middle_of(double out[3], float *const rows[3], int64_t count)
{
    double sum[3] = {0};
    int64_t standing = 0;
    for (int64_t i = 0; i < count; i++) {
        if (fabsf(rows[2][i]) < 0.02f)
            continue;
        standing++;
        for (int a = 0; a < 3; a++)
            sum[a] += rows[a][i];
    }
    for (int a = 0; a < 3; a++)
        out[a] = standing ? sum[a] / (double)standing : 0;
}

typedef struct memory_job {
    recon_points *points;
    const recon_neighbours *grid;
    const sp_splat_cloud *warm;
    double reach, moved[3]; // from now to then
    float enough;           // trust from which on a point needs no memory
} memory_job;

static void remember_chunk(void *context, int64_t chunk, int worker)
{
    (void)worker;
    memory_job *job = context;
    recon_points *p = job->points;
    int64_t end = (chunk + 1) * CHUNK < p->count ? (chunk + 1) * CHUNK : p->count;
    for (int64_t i = chunk * CHUNK; i < end; i++) {
        int32_t found[64];
        float at[3];
        for (int a = 0; a < 3; a++)
            at[a] = p->position[a][i] + (float)job->moved[a];
        int n = p->trust[i] > job->enough ? 0 : recon_neighbours_near(job->grid, at, job->reach, found, 64);
        for (int c = 0; n && c < 3; c++) {
            float sum = 0;
            for (int k = 0; k < n; k++)
                sum += sp_splat_row(job->warm, SP_ROW_SH + c)[found[k]];
            p->colour[c][i] = 0.5f + (float)SP_SH_C0 * sum / (float)n;
        }
        // Enough for its neighbours to take it over.
        if (n)
            p->trust[i] = 2 * job->enough;
    }
}

// Points that nobody sees now may have been seen at a neighbouring instant. Between instants the body has
// moved; without a model of it, its middle says how.
static int remember_colours(recon_points *p, const sp_splat_cloud *warm, float enough, sp_pool *pool)
{
    float *rows[3];
    for (int a = 0; a < 3; a++)
        rows[a] = sp_splat_row(warm, SP_ROW_POSITION + a);
    recon_neighbours grid;
    memory_job job = {.points = p, .grid = &grid, .warm = warm, .reach = 3 * p->spacing_m, .enough = enough};
    int rc = recon_neighbours_init(&grid, rows[0], rows[1], rows[2], (int64_t)warm->count, job.reach);
    if (rc)
        return rc;
    double now[3], then[3];
    middle_of(now, p->position, p->count);
    middle_of(then, rows, (int64_t)warm->count);
    for (int a = 0; a < 3; a++)
        job.moved[a] = then[a] - now[a];
    sp_pool_run(pool, chunks_of(p), remember_chunk, &job);
    recon_neighbours_free(&grid);
    return SP_OK;
}

int recon_seed_colours(recon_points *points, const recon_scene *scene, const sp_splat_cloud *warm,
                       bool is_strict, sp_pool *pool)
{
    size_t views = (size_t)scene->count;
    float enough = is_strict ? TRUST_STRICT : TRUST_ENOUGH;
    colour_job job = {points, scene, is_strict, sp_calloc(views, sizeof(sp_image))};
    int rc = job.depths ? sp_pool_try(pool, scene->count, depth_view, &job) : SP_ENOMEM;
    if (!rc) {
        sp_pool_run(pool, chunks_of(points), colour_chunk, &job);
        if (warm && warm->count)
            rc = remember_colours(points, warm, enough, pool);
        if (!rc)
            rc = spread_colours(points, enough, pool);
    }
    for (int v = 0; job.depths && v < scene->count; v++)
        sp_image_free(&job.depths[v]);
    free(job.depths);
    return rc;
}

// The rotation whose third axis is the normal.
static sp_quat facing(sp_vec3 n)
{
    sp_vec3 side = fabs(n.z) < 0.9 ? sp_v3(0, 0, 1) : sp_v3(1, 0, 0);
    sp_vec3 u = sp_v3_unit(sp_v3_cross(side, n)), v = sp_v3_cross(n, u);
    sp_mat3 r = {{u.x, v.x, n.x, u.y, v.y, n.y, u.z, v.z, n.z}};
    return sp_quat_from_m3(r);
}

int recon_seed_cloud(sp_splat_cloud *out, const recon_points *p, size_t most, size_t capacity, int sh_degree)
{
    size_t count = (size_t)p->count < most ? (size_t)p->count : most;
    sp_splat_cloud cloud;
    int rc = sp_splat_cloud_init(&cloud, capacity > count ? capacity : count, sh_degree);
    if (rc)
        return rc;
    cloud.count = count;
    // Thinned points stand further apart.
    double spacing = count ? p->spacing_m * sqrt((double)p->count / (double)count) : 0;
    for (size_t n = 0; n < count; n++) {
        size_t i = n * (size_t)p->count / count;
        sp_quat q = facing(sp_v3(p->normal[0][i], p->normal[1][i], p->normal[2][i]));
        const double rotation[4] = {q.w, q.x, q.y, q.z};
        for (int a = 0; a < 3; a++) {
            sp_splat_row(&cloud, SP_ROW_POSITION + a)[n] = p->position[a][i];
            sp_splat_row(&cloud, SP_ROW_LOG_SCALE + a)[n] = (float)log((a < 2 ? ALONG : ACROSS) * spacing);
            sp_splat_row(&cloud, SP_ROW_SH + a)[n] = (float)((p->colour[a][i] - 0.5) / SP_SH_C0);
        }
        for (int a = 0; a < 4; a++)
            sp_splat_row(&cloud, SP_ROW_ROTATION + a)[n] = (float)rotation[a];
        sp_splat_row(&cloud, SP_ROW_OPACITY)[n] = (float)log(SEED_OPACITY / (1 - SEED_OPACITY));
    }
    *out = cloud;
    return SP_OK;
}
