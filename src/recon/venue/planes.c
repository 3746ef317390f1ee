#include "planes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES 24000      // of confirmed pixels, of all views together
#define TRIALS 150         // planes looked at for each that is found
#define TOLERANCE 0.006    // of the distance to the view that saw a point
#define SAME_DIRECTION 0.8 // cosine between a point's normal and the plane's
#define REFITS 3
#define REACH_DEVIATIONS 2.6
#define LEAST_SUPPORT 0.015 // of all samples
#define SEED 11
#define SURROUNDINGS 60    // a pixel's surroundings reach this share of the picture's width to each side
#define MATCHED 0.75f      // mean cost at most, over them
#define MOST_OWN 1.0f      // cost at most, of the pixel itself
#define MARGIN 0.08f       // by which it is better than any other plane: bricks fit to bricks
#define LEAST_MATCHED 0.15 // share of them that is unconfirmed and shown by other views
#define MOST_COST 1.2f
#define ON_PLANE 0.012  // of the distance: what is this near to a large plane lies on it, ...
#define ALONG_PLANE 0.7 // ... with a normal whose cosine is above

// ---- Finding planes

typedef struct sample {
    sp_vec3 at, normal;
    double tolerance;
} sample;

static size_t confirmed_count(const recon_geometry *g)
{
    size_t count = 0;
    for (int v = 0; v < g->count; v++)
        for (size_t at = 0; at < (size_t)g->maps[v].width * (size_t)g->maps[v].height; at++)
            count += g->confirmed[v][at] != RECON_UNCONFIRMED;
    return count;
}

// Every so many confirmed pixels one.
static int take_samples(sample **out, size_t *count, const recon_geometry *g)
{
    size_t every = confirmed_count(g) / SAMPLES + 1, seen = 0;
    sample *all = sp_calloc(SAMPLES + 1, sizeof *all);
    if (!all)
        return SP_ENOMEM;
    *count = 0;
    for (int v = 0; v < g->count; v++)
        for (size_t at = 0; at < (size_t)g->maps[v].width * (size_t)g->maps[v].height; at++) {
            if (!g->confirmed[v][at] || seen++ % every || *count >= SAMPLES)
                continue;
            const recon_depth_map *map = &g->maps[v];
            sp_vec3 n = sp_v3(map->normal[0][at], map->normal[1][at], map->normal[2][at]);
            all[(*count)++] =
                (sample){recon_world_at(g, v, at), sp_m3_apply_transposed(g->views[v].camera.rotation, n),
                         TOLERANCE * map->depth[at]};
        }
    *out = all;
    return SP_OK;
}

static bool is_on(const recon_plane *p, const sample *s)
{
    return fabs(sp_v3_dot(p->normal, s->at) - p->offset) < s->tolerance &&
           sp_v3_dot(p->normal, s->normal) > SAME_DIRECTION;
}

static size_t support(const recon_plane *p, const sample *samples, size_t count)
{
    size_t on = 0;
    for (size_t i = 0; i < count; i++)
        on += is_on(p, &samples[i]);
    return on;
}

// Least squares through the points that are on it: their heights over it as a linear function along it.
static recon_plane refit(const recon_plane *p, const sample *samples, size_t count)
{
    sp_vec3 u = sp_v3_unit(sp_v3_cross(p->normal, fabs(p->normal.z) < 0.9 ? sp_v3(0, 0, 1) : sp_v3(1, 0, 0)));
    sp_vec3 v = sp_v3_cross(p->normal, u), middle = {0, 0, 0};
    double on = 0, uu = 0, uv = 0, vv = 0, uh = 0, vh = 0;
    for (size_t i = 0; i < count; i++)
        if (is_on(p, &samples[i])) {
            middle = sp_v3_add(middle, samples[i].at);
            on++;
        }
    if (on < 3)
        return *p;
    middle = sp_v3_scale(middle, 1 / on);
    for (size_t i = 0; i < count; i++)
        if (is_on(p, &samples[i])) {
            sp_vec3 d = sp_v3_sub(samples[i].at, middle);
            double a = sp_v3_dot(d, u), b = sp_v3_dot(d, v), h = sp_v3_dot(d, p->normal);
            uu += a * a, uv += a * b, vv += b * b, uh += a * h, vh += b * h;
        }
    double det = uu * vv - uv * uv;
    if (!(det > 1e-9 * uu * vv))
        return *p;
    double slope_u = (uh * vv - vh * uv) / det, slope_v = (vh * uu - uh * uv) / det;
    recon_plane fitted = *p;
    fitted.normal =
        sp_v3_unit(sp_v3_sub(p->normal, sp_v3_add(sp_v3_scale(u, slope_u), sp_v3_scale(v, slope_v))));
    fitted.offset = sp_v3_dot(fitted.normal, middle);
    return fitted;
}

// How far a plane reaches, from the spread of what is on it: for an even spread that is 3/2 of what was seen.
static void measure(recon_plane *p, const sample *samples, size_t count)
{
    double on = 0, sum[2] = {0}, squares[2] = {0};
    p->axes[0] =
        sp_v3_unit(sp_v3_cross(p->normal, fabs(p->normal.z) < 0.9 ? sp_v3(0, 0, 1) : sp_v3(1, 0, 0)));
    p->axes[1] = sp_v3_cross(p->normal, p->axes[0]);
    for (size_t i = 0; i < count; i++)
        if (is_on(p, &samples[i])) {
            on++;
            for (int a = 0; a < 2; a++) {
                double at = sp_v3_dot(p->axes[a], samples[i].at);
                sum[a] += at;
                squares[a] += at * at;
            }
        }
    for (int a = 0; a < 2; a++) {
        p->middle[a] = sum[a] / on;
        p->reach[a] = REACH_DEVIATIONS * sqrt(fmax(squares[a] / on - p->middle[a] * p->middle[a], 0));
    }
}

typedef struct trial_job {
    const sample *samples;
    size_t count;
    recon_plane planes[TRIALS];
    size_t supports[TRIALS];
} trial_job;

static void try_one(void *context, int64_t i, int worker)
{
    (void)worker;
    trial_job *job = context;
    recon_plane *p = &job->planes[i];
    for (int k = 0; k < REFITS; k++)
        *p = refit(p, job->samples, job->count);
    job->supports[i] = support(p, job->samples, job->count);
}

// The plane with most samples on it of those through some of them.
static size_t best_plane(recon_plane *out, const sample *samples, size_t count, sp_rng *rng, sp_pool *pool)
{
    trial_job job = {.samples = samples, .count = count};
    for (int i = 0; i < TRIALS; i++) {
        const sample *s = &samples[sp_rng_u32(rng) % (uint32_t)count];
        job.planes[i] = (recon_plane){.normal = s->normal, .offset = sp_v3_dot(s->normal, s->at)};
    }
    sp_pool_run(pool, TRIALS, try_one, &job);
    size_t most = 0;
    for (int i = 0; i < TRIALS; i++)
        if (job.supports[i] > most) {
            most = job.supports[i];
            *out = job.planes[i];
        }
    return most;
}

int recon_find_planes(recon_geometry *g, sp_pool *pool)
{
    sample *samples;
    size_t count, all;
    sp_rng rng = sp_rng_seed(g->params.seed, SEED);
    g->planes = sp_calloc(RECON_PLANES, sizeof *g->planes);
    int rc = g->planes ? take_samples(&samples, &count, g) : SP_ENOMEM;
    if (rc)
        return rc;
    all = count;
    g->plane_count = 0;
    while (count > 0 && g->plane_count < RECON_PLANES) {
        recon_plane p;
        if ((double)best_plane(&p, samples, count, &rng, pool) < LEAST_SUPPORT * (double)all)
            break;
        measure(&p, samples, count);
        g->planes[g->plane_count++] = p;
        size_t kept = 0;
        for (size_t i = 0; i < count; i++)
            if (!is_on(&p, &samples[i]))
                samples[kept++] = samples[i];
        count = kept;
    }
    free(samples);
    return SP_OK;
}

double recon_plane_depth(const recon_geometry *g, int view, const recon_plane *plane, double x, double y)
{
    const sp_camera *c = &g->views[view].camera;
    sp_vec3 eye = sp_camera_center(c), step = sp_v3_sub(recon_world_point(c, x, y, 1), eye);
    double along = sp_v3_dot(plane->normal, step);
    // From behind a plane is not seen.
    double depth = along < -1e-6 ? (plane->offset - sp_v3_dot(plane->normal, eye)) / along : 0;
    return depth > g->params.near_m && depth < g->params.far_m ? depth : 0;
}

int recon_plane_at(const recon_geometry *g, int view, size_t at)
{
    const recon_depth_map *map = &g->maps[view];
    sp_vec3 world = recon_world_at(g, view, at);
    sp_vec3 n = sp_m3_apply_transposed(g->views[view].camera.rotation,
                                       sp_v3(map->normal[0][at], map->normal[1][at], map->normal[2][at]));
    for (int k = 0; k < g->plane_count; k++)
        if (fabs(sp_v3_dot(g->planes[k].normal, world) - g->planes[k].offset) < ON_PLANE * map->depth[at] &&
            sp_v3_dot(g->planes[k].normal, n) > ALONG_PLANE)
            return k;
    return -1;
}

bool recon_plane_reaches(const recon_plane *plane, sp_vec3 world)
{
    for (int a = 0; a < 2; a++)
        if (fabs(sp_v3_dot(plane->axes[a], world) - plane->middle[a]) > plane->reach[a])
            return false;
    return true;
}

// ---- Pixels on planes

typedef struct settle {
    float *cost;           // of the plane at hand, per pixel; RECON_COST_NOTHING: nothing is known
    double *sums, *counts; // summed over all pixels above and to the left; one row and column more
    float *best, *second;  // mean costs of the best plane so far, and of the best of the others
    uint8_t *which;        // 1 + that plane; 0 none
} settle;

static int settle_init(settle *s, size_t width, size_t height)
{
    s->cost = sp_calloc(width * height, sizeof *s->cost);
    s->best = sp_calloc(width * height, sizeof *s->best);
    s->second = sp_calloc(width * height, sizeof *s->second);
    s->which = sp_calloc(width * height, 1);
    for (size_t i = 0; s->best && s->second && i < width * height; i++)
        s->best[i] = s->second[i] = RECON_COST_NOTHING;
    s->sums = sp_calloc((width + 1) * (height + 1), sizeof *s->sums);
    s->counts = sp_calloc((width + 1) * (height + 1), sizeof *s->counts);
    return s->cost && s->best && s->second && s->which && s->sums && s->counts ? SP_OK : SP_ENOMEM;
}

// All but which.
static void settle_scratch_free(settle *s)
{
    free(s->cost);
    free(s->best);
    free(s->second);
    free(s->sums);
    free(s->counts);
}

static void sum_up(settle *s, size_t width, size_t height)
{
    for (size_t y = 0; y < height; y++) {
        double sum = 0, count = 0;
        for (size_t x = 0; x < width; x++) {
            float cost = s->cost[y * width + x];
            if (cost < RECON_COST_NOTHING) {
                sum += fminf(cost, MOST_COST);
                count++;
            }
            size_t at = (y + 1) * (width + 1) + x + 1;
            s->sums[at] = s->sums[at - width - 1] + sum;
            s->counts[at] = s->counts[at - width - 1] + count;
        }
    }
}

static double box(const double *sums, size_t width, int x0, int y0, int x1, int y1)
{
    size_t row = width + 1;
    return sums[(size_t)y1 * row + (size_t)x1] - sums[(size_t)y0 * row + (size_t)x1] -
           sums[(size_t)y1 * row + (size_t)x0] + sums[(size_t)y0 * row + (size_t)x0];
}

// Rank the plane at hand by how it matches the surroundings.
static void compare(settle *s, int width, int height, int plane)
{
    int reach = width / SURROUNDINGS + 1;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            size_t at = (size_t)y * (size_t)width + (size_t)x;
            if (s->cost[at] >= RECON_COST_NOTHING)
                continue;
            int x0 = x > reach ? x - reach : 0, x1 = x + reach < width ? x + reach + 1 : width;
            int y0 = y > reach ? y - reach : 0, y1 = y + reach < height ? y + reach + 1 : height;
            double count = box(s->counts, (size_t)width, x0, y0, x1, y1);
            float mean = (float)(box(s->sums, (size_t)width, x0, y0, x1, y1) / count);
            if (count < LEAST_MATCHED * (double)((x1 - x0) * (y1 - y0)))
                continue;
            if (s->cost[at] > MOST_OWN || mean >= s->best[at]) {
                s->second[at] = fminf(s->second[at], mean);
                continue;
            }
            s->second[at] = s->best[at];
            s->best[at] = mean;
            s->which[at] = (uint8_t)(plane + 1);
        }
}

static void put(recon_geometry *g, int view, size_t at, const recon_plane *p)
{
    recon_depth_map *map = &g->maps[view];
    double x = (double)(at % (size_t)map->width) + 0.5, y = (double)(at / (size_t)map->width) + 0.5;
    sp_vec3 n = sp_m3_apply(g->views[view].camera.rotation, p->normal);
    map->depth[at] = (float)recon_plane_depth(g, view, p, x, y);
    map->normal[0][at] = (float)n.x;
    map->normal[1][at] = (float)n.y;
    map->normal[2][at] = (float)n.z;
    g->confirmed[view][at] = RECON_SURE;
}

typedef struct settle_job {
    recon_geometry *geometry;
    settle *views; // one per view
} settle_job;

static int choose_in_view(void *context, int64_t view, int worker)
{
    (void)worker;
    settle_job *job = context;
    recon_geometry *g = job->geometry;
    settle *s = &job->views[view];
    int width = g->maps[view].width, height = g->maps[view].height;
    int rc = settle_init(s, (size_t)width, (size_t)height);
    for (int k = 0; k < g->plane_count && !rc; k++) {
        recon_plane_costs(s->cost, g, (int)view, &g->planes[k]);
        sum_up(s, (size_t)width, (size_t)height);
        compare(s, width, height, k);
    }
    for (size_t at = 0; !rc && at < (size_t)width * (size_t)height; at++)
        if (s->best[at] >= MATCHED || s->second[at] <= s->best[at] + MARGIN)
            s->which[at] = 0;
    settle_scratch_free(s);
    return rc ? sp_error_context(rc, "planes in the picture of camera %s", g->views[view].camera.id) : SP_OK;
}

int recon_settle_on_planes(recon_geometry *g, sp_pool *pool)
{
    settle_job job = {g, sp_calloc((size_t)g->count, sizeof *job.views)};
    int rc = job.views ? sp_pool_try(pool, g->count, choose_in_view, &job) : SP_ENOMEM;
    // All have chosen before any is changed: what is confirmed decides what a plane may hide.
    for (int v = 0; v < g->count && !rc; v++)
        for (size_t at = 0; at < (size_t)g->maps[v].width * (size_t)g->maps[v].height; at++)
            if (job.views[v].which[at])
                put(g, v, at, &g->planes[job.views[v].which[at] - 1]);
    for (int v = 0; job.views && v < g->count; v++)
        free(job.views[v].which);
    free(job.views);
    for (int v = 0; v < g->count && !rc; v++)
        rc = recon_drop_debris(g, v);
    return rc;
}
