// How far the clocks of cameras are off, from an athlete who moves: in each view alone the matte is a little
// ahead of where he is or behind it, and moved by the right time it cuts least away of what the others allow.
#include "body/motion.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Times that are tried of one clock: so many on either side, then twice as close around the best, and so on.
#define SIDE_TIMES 8
#define CLOSER_TIMES 4
#define ROUNDS 4
#define CHUNK 512

typedef struct clocks {
    const recon_scene *scene;
    const sp_view *views;
    const double *velocity;
    double *points; // three a point
    int64_t count;
    float *shares; // per view, what it lets of each point at its time as it is known by now
    float *others; // per point: the two least shares of the views but one
    double *offset_s;
    // Of the time at hand.
    int view;
    double tried_s;
    double *sums; // one a chunk
    sp_pool *pool;
} clocks;

static float share_at(const clocks *c, int v, int64_t i, double offset_s)
{
    float metres;
    double at[3], dt = c->views[v].dt_s + offset_s;
    for (int k = 0; k < 3; k++)
        at[k] = c->points[3 * i + k] + c->velocity[k] * dt;
    return recon_silhouette_at(&metres, &c->scene->views[v].silhouette, at)
               ? (float)recon_motion_share((double)metres)
               : 1;
}

static int64_t end_of(const clocks *c, int64_t chunk)
{
    return (chunk + 1) * CHUNK < c->count ? (chunk + 1) * CHUNK : c->count;
}

static void share_chunk(void *context, int64_t chunk, int worker)
{
    (void)worker;
    clocks *c = context;
    for (int64_t i = chunk * CHUNK; i < end_of(c, chunk); i++)
        c->shares[c->view * c->count + i] = share_at(c, c->view, i, c->offset_s[c->view]);
}

static void others_chunk(void *context, int64_t chunk, int worker)
{
    (void)worker;
    clocks *c = context;
    for (int64_t i = chunk * CHUNK; i < end_of(c, chunk); i++) {
        float least = 1, second = 1;
        for (int v = 0; v < c->scene->count; v++) {
            float share = c->shares[v * c->count + i];
            if (v == c->view || !c->scene->views[v].used)
                continue;
            second = fminf(second, fmaxf(least, share));
            least = fminf(least, share);
        }
        c->others[2 * i] = least;
        c->others[2 * i + 1] = second;
    }
}

static void try_chunk(void *context, int64_t chunk, int worker)
{
    (void)worker;
    clocks *c = context;
    c->sums[chunk] = 0;
    for (int64_t i = chunk * CHUNK; i < end_of(c, chunk); i++) {
        float least = c->others[2 * i], second = c->others[2 * i + 1];
        if (second <= 0)
            continue; // two others deny it
        float share = share_at(c, c->view, i, c->tried_s);
        c->sums[chunk] += (double)(fminf(least, share) + fminf(second, fmaxf(least, share)));
    }
}

static int64_t chunks_of(const clocks *c)
{
    return (c->count + CHUNK - 1) / CHUNK;
}

// The volume that all views and all but one allow with the view's clock moved by so much.
static double volume_at(clocks *c, double tried_s)
{
    double sum = 0;
    c->tried_s = tried_s;
    sp_pool_run(c->pool, chunks_of(c), try_chunk, c);
    for (int64_t k = 0; k < chunks_of(c); k++)
        sum += c->sums[k];
    return sum;
}

static void set_clock(clocks *c, int view, double reach_s)
{
    c->view = view;
    sp_pool_run(c->pool, chunks_of(c), others_chunk, c);
    double best_s = c->offset_s[view], best = volume_at(c, best_s), step = reach_s / SIDE_TIMES;
    for (int k = -SIDE_TIMES; k <= SIDE_TIMES; k++) {
        double volume = volume_at(c, k * step);
        if (volume > best) {
            best = volume;
            best_s = k * step;
        }
    }
    for (int k = 0; k < CLOSER_TIMES; k++) {
        const double around[2] = {best_s - step / 2, best_s + step / 2};
        step /= 2;
        for (int side = 0; side < 2; side++) {
            double volume = volume_at(c, around[side]);
            if (volume > best) {
                best = volume;
                best_s = around[side];
            }
        }
    }
    c->offset_s[view] = best_s;
    sp_pool_run(c->pool, chunks_of(c), share_chunk, c);
}

// What all clocks are off by cannot be told from where he is: their mean is 0.
static void centre(clocks *c)
{
    double mean = 0;
    int used = 0;
    for (int v = 0; v < c->scene->count; v++) {
        mean += c->scene->views[v].used ? c->offset_s[v] : 0;
        used += c->scene->views[v].used;
    }
    for (int v = 0; v < c->scene->count; v++)
        c->offset_s[v] -= c->scene->views[v].used ? mean / used : 0;
}

static int solve(clocks *c, double reach_s, const sp_progress *progress)
{
    size_t points = (size_t)c->count + 1;
    c->shares = sp_calloc(points * (size_t)c->scene->count, sizeof *c->shares);
    c->others = sp_calloc(2 * points, sizeof *c->others);
    c->sums = sp_calloc((size_t)chunks_of(c) + 1, sizeof *c->sums);
    int rc = c->shares && c->others && c->sums ? SP_OK : SP_ENOMEM;
    for (int round = 0; round < ROUNDS && !rc; round++) {
        rc = sp_progress_step(progress, "clocks", round, ROUNDS);
        for (c->view = 0; c->view < c->scene->count && !rc; c->view++)
            if (c->scene->views[c->view].used)
                sp_pool_run(c->pool, chunks_of(c), share_chunk, c);
        for (int v = 0; v < c->scene->count && !rc; v++)
            if (c->scene->views[v].used)
                set_clock(c, v, reach_s);
        centre(c);
    }
    free(c->shares);
    free(c->others);
    free(c->sums);
    return rc;
}

int sp_recon_clocks(double *offset_s, double *speed_px_s, const sp_view *views, int count,
                    const sp_view *neighbours, int neighbour_count, double reach_s, sp_pool *pool,
                    const sp_progress *progress)
{
    recon_scene scene = {0}, around = {0};
    double velocity[3] = {0};
    clocks c = {.scene = &scene, .views = views, .velocity = velocity, .offset_s = offset_s, .pool = pool};
    memset(offset_s, 0, (size_t)count * sizeof *offset_s);
    memset(speed_px_s, 0, (size_t)count * sizeof *speed_px_s);
    int rc = recon_scene_open(&scene, views, count, pool, progress);
    if (!rc)
        rc = recon_scene_open(&around, neighbours, neighbour_count, pool, progress);
    if (!rc)
        rc = recon_motion_whole(velocity, &scene, views, &around, neighbours, pool, progress);
    if (!rc)
        rc = recon_motion_points(&c.points, &c.count, &scene, pool, progress);
    if (!rc && c.count)
        rc = solve(&c, reach_s, progress);
    double middle[3] = {0};
    for (int64_t i = 0; i < 3 * c.count && !rc; i++)
        middle[i % 3] += c.points[i] / (double)c.count;
    for (int v = 0; v < count && !rc && c.count; v++)
        if (scene.views[v].used)
            speed_px_s[v] = recon_motion_crossing(&scene.views[v].full, middle, velocity);
    free(c.points);
    recon_scene_close(&scene);
    recon_scene_close(&around);
    return rc;
}
