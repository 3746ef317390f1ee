#include "colours.h"
#include "../stereo/grey.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define AGREE 0.015   // relative difference of depths that still is the same surface
#define DARKEST 0.08f // darker colours tell noise, brighter ones may be clipped
#define BRIGHTEST 0.95f
#define BINS 400 // of the histogram of log ratios, from -MOST_LOG to MOST_LOG
#define MOST_LOG 1.0
#define LEAST_PAIRS 40 // pixels that two views both show, to be compared
#define PRIOR 0.01     // weight of a gain of 1, as a share of a view's pixels
#define SWEEPS 200

// What two views show of the same: how many pixels, and the median of log(colour here / colour there).
typedef struct comparison {
    double pairs, log_ratio[3];
} comparison;

static double median(const uint32_t *bins, uint32_t total)
{
    uint32_t before = 0;
    for (int b = 0; b < BINS; b++) {
        if (2 * (before + bins[b]) >= total) {
            double within = bins[b] ? (0.5 * total - before) / bins[b] : 0.5;
            return MOST_LOG * (2 * (b + within) / BINS - 1);
        }
        before += bins[b];
    }
    return 0;
}

static bool colours_at(float out[3], const recon_stereo_view *view, size_t at)
{
    for (int c = 0; c < 3; c++) {
        out[c] = sp_image_plane(&view->rgb, c)[at];
        if (!(out[c] > DARKEST && out[c] < BRIGHTEST))
            return false;
    }
    return !view->hidden || !view->hidden[at];
}

static bool seen_there(size_t *at, const recon_stereo_view *view, const recon_depth_map *map, sp_vec3 world)
{
    const sp_camera *c = &view->camera;
    sp_vec3 x = sp_camera_to_cam(c, world);
    if (x.z <= 0)
        return false;
    double u = c->fx * x.x / x.z + c->cx, v = c->fy * x.y / x.z + c->cy;
    if (!(u >= 0 && v >= 0 && u < map->width && v < map->height))
        return false;
    *at = (size_t)v * (size_t)map->width + (size_t)u;
    return fabs(map->depth[*at] / x.z - 1) < AGREE && map->cost[*at] < RECON_BELIEVABLE_COST;
}

static void compare(comparison *out, const recon_stereo_view *views, const recon_depth_map *maps, int i,
                    int j)
{
    uint32_t total = 0, bins[3][BINS] = {0};
    for (int y = 0; y < maps[i].height; y++)
        for (int x = 0; x < maps[i].width; x++) {
            size_t here = (size_t)y * (size_t)maps[i].width + (size_t)x, there;
            float a[3], b[3];
            if (maps[i].cost[here] >= RECON_BELIEVABLE_COST || !colours_at(a, &views[i], here) ||
                !seen_there(&there, &views[j], &maps[j],
                            recon_world_point(&views[i].camera, x + 0.5, y + 0.5, maps[i].depth[here])) ||
                !colours_at(b, &views[j], there))
                continue;
            total++;
            for (int c = 0; c < 3; c++) {
                int bin = (int)(BINS * 0.5 * (log((double)(a[c] / b[c])) / MOST_LOG + 1));
                bins[c][bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin]++;
            }
        }
    *out = (comparison){0};
    if (total < LEAST_PAIRS)
        return;
    out->pairs = total;
    for (int c = 0; c < 3; c++)
        out->log_ratio[c] = median(bins[c], total);
}

typedef struct compare_job {
    const recon_stereo_view *views;
    const recon_depth_map *maps;
    comparison *all; // count * count: of each view with each
    int count;
} compare_job;

static void compare_one(void *context, int64_t i, int worker)
{
    (void)worker;
    compare_job *job = context;
    for (int j = 0; j < job->count; j++)
        if (j != i)
            compare(&job->all[i * job->count + j], job->views, job->maps, (int)i, j);
}

// Least squares, by Gauss and Seidel: every comparison holds as often as it has pairs.
static void solve(double (*logs)[3], const comparison *all, const recon_depth_map *maps, int count)
{
    for (int sweep = 0; sweep < SWEEPS; sweep++)
        for (int i = 0; i < count; i++)
            for (int c = 0; c < 3; c++) {
                double sum = 0, weight = PRIOR * maps[i].width * maps[i].height;
                for (int j = 0; j < count; j++) {
                    const comparison *to = &all[i * count + j], *from = &all[j * count + i];
                    sum += to->pairs * (logs[j][c] + to->log_ratio[c]) +
                           from->pairs * (logs[j][c] - from->log_ratio[c]);
                    weight += to->pairs + from->pairs;
                }
                logs[i][c] = sum / weight;
            }
}

int recon_colour_gains(double (*gains)[3], const recon_stereo_view *views, const recon_depth_map *maps,
                       int count, sp_pool *pool)
{
    compare_job job = {views, maps, sp_calloc((size_t)count * (size_t)count, sizeof *job.all), count};
    if (!job.all)
        return SP_ENOMEM;
    sp_pool_run(pool, count, compare_one, &job);
    memset(gains, 0, (size_t)count * sizeof *gains);
    solve(gains, job.all, maps, count);
    for (int c = 0; c < 3; c++) {
        double mean = 0;
        for (int i = 0; i < count; i++)
            mean += gains[i][c] / count;
        for (int i = 0; i < count; i++)
            gains[i][c] = exp(gains[i][c] - mean);
    }
    free(job.all);
    return SP_OK;
}

int recon_even_colours(recon_stereo_view *view, const double gains[3])
{
    size_t pixels = (size_t)view->rgb.width * (size_t)view->rgb.height;
    for (int c = 0; c < 3; c++) {
        float *plane = sp_image_plane(&view->rgb, c), by = (float)(1 / gains[c]);
        for (size_t i = 0; i < pixels; i++)
            plane[i] *= by;
    }
    recon_quads_free(&view->quads);
    sp_image_free(&view->grey);
    int rc = recon_grey(&view->grey, &view->rgb);
    return rc ? rc : recon_quads_init(&view->quads, &view->grey);
}
