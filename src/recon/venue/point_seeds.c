#include "point_seeds.h"

#include "fuse.h"
#include "nearest.h"

#include <math.h>
#include <stdlib.h>

#define NEIGHBOURS 3
#define SIZE_SHARE 0.5      // of the mean distance to the neighbours: the deviation of a seed
#define LARGEST_SHARE 0.03  // of the distance to the middle of the scene, or of the usual one if that is more
#define SMALLEST_SHARE 1e-4 // likewise
#define SEED_OPACITY 0.5f
#define SHELL_POINTS 4000
#define SHELL_REACH 0.98 // of the points lie nearer than the shell, but for ...
#define SHELL_MARGIN 1.5 // ... this factor
#define SHELL_LEAST 4.0  // usual distances away, at least
#define SHELL_OPACITY 0.95f
#define CHUNK 1024
#define MOST_SHARE 0.6 // of the budget, so that detail has room to grow

typedef struct point_job {
    sp_points points;
    const recon_nearest *tree;
    sp_vec3 centre;
    double distance_m;
    sp_splat_cloud *out;
    size_t base; // of the seeds in out
} point_job;

static double away(const point_job *job, int64_t i)
{
    const double *p = job->points.xyz + 3 * i;
    return sp_v3_norm(sp_v3_sub(sp_v3(p[0], p[1], p[2]), job->centre));
}

static void seed_chunk(void *context, int64_t chunk, int worker)
{
    (void)worker;
    const point_job *job = context;
    int64_t end = (chunk + 1) * CHUNK, count = job->points.count;
    for (int64_t i = chunk * CHUNK; i < end && i < count; i++) {
        const double *p = job->points.xyz + 3 * i;
        double squares[NEIGHBOURS], sum = 0, far = fmax(away(job, i), job->distance_m);
        int found = recon_nearest_squares(squares, job->tree, p, i, NEIGHBOURS);
        for (int k = 0; k < found; k++)
            sum += sqrt(squares[k]) / found;
        double sigma = found ? SIZE_SHARE * sum : LARGEST_SHARE * far;
        sigma = fmin(fmax(sigma, SMALLEST_SHARE * far), LARGEST_SHARE * far);
        size_t at = job->base + (size_t)i;
        for (int a = 0; a < 3; a++) {
            sp_splat_row(job->out, SP_ROW_POSITION + a)[at] = (float)p[a];
            sp_splat_row(job->out, SP_ROW_LOG_SCALE + a)[at] = (float)log(sigma);
            double colour = (job->points.rgb[3 * i + a] / 255.0 - 0.5) / SP_SH_C0;
            sp_splat_row(job->out, SP_ROW_SH + a)[at] = (float)colour;
        }
        sp_splat_row(job->out, SP_ROW_ROTATION)[at] = 1;
        sp_splat_row(job->out, SP_ROW_OPACITY)[at] = logf(SEED_OPACITY / (1 - SEED_OPACITY));
    }
}

// ---- Shell

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int shell_radius(double *out, const point_job *job)
{
    int64_t count = job->points.count;
    double *distances = sp_calloc((size_t)count + 1, sizeof *distances);
    if (!distances)
        return SP_ENOMEM;
    for (int64_t i = 0; i < count; i++)
        distances[i] = away(job, i);
    qsort(distances, (size_t)count, sizeof *distances, by_value);
    double reach = distances[(int64_t)(SHELL_REACH * (double)(count - 1))];
    *out = fmax(SHELL_MARGIN * reach, SHELL_LEAST * job->distance_m);
    free(distances);
    return SP_OK;
}

// Mean colour of the views in whose picture the place falls; grey where nobody looks.
static void colour_at(float rgb[3], const sp_view *views, int count, sp_vec3 place)
{
    float sum[3] = {0}, seen = 0;
    for (int v = 0; v < count; v++) {
        const sp_image8 *image = views[v].image;
        sp_vec2 px;
        if (!sp_camera_project(&px, &views[v].camera, place) || !(px.x >= 0 && px.y >= 0) ||
            px.x >= image->width || px.y >= image->height)
            continue;
        size_t at = (size_t)px.y * (size_t)image->width + (size_t)px.x;
        for (int c = 0; c < 3; c++)
            sum[c] += image->data[3 * at + (size_t)c] / 255.0f;
        seen += 1;
    }
    for (int c = 0; c < 3; c++)
        rgb[c] = seen > 0 ? sum[c] / seen : 0.5f;
}

static int shell(sp_splat_cloud *out, const point_job *job, const sp_view *views, int count)
{
    double radius, golden = M_PI * (3 - sqrt(5.0));
    int rc = shell_radius(&radius, job);
    double sigma = 0.7 * radius * sqrt(4 * M_PI / SHELL_POINTS);
    for (int i = 0; i < SHELL_POINTS && !rc; i++) { // Fibonacci lattice
        double z = 2 * (i + 0.5) / SHELL_POINTS - 1, r = sqrt(1 - z * z);
        sp_vec3 direction = sp_v3(r * cos(golden * i), r * sin(golden * i), z);
        sp_vec3 place = sp_v3_add(job->centre, sp_v3_scale(direction, radius));
        float rgb[3];
        colour_at(rgb, views, count, place);
        rc = recon_append_disc(out, place, sp_v3_scale(direction, -1), job->centre, sigma, sigma, rgb,
                               SHELL_OPACITY);
    }
    return rc;
}

// Every so many-th point, so that at most `most` remain.
static int thin_out(sp_points *out, const sp_background_params *params, int64_t most)
{
    int64_t count = params->points_count < most ? params->points_count : most;
    sp_points points = {sp_calloc(3 * (size_t)count, sizeof *points.xyz), sp_calloc(3 * (size_t)count, 1),
                        count};
    if (!points.xyz || !points.rgb) {
        sp_points_free(&points);
        return SP_ENOMEM;
    }
    for (int64_t i = 0; i < count; i++) {
        int64_t from = (int64_t)((double)i * (double)params->points_count / (double)count);
        for (int a = 0; a < 3; a++) {
            points.xyz[3 * i + a] = params->points_xyz[3 * from + a];
            points.rgb[3 * i + a] = params->points_rgb[3 * from + a];
        }
    }
    *out = points;
    return SP_OK;
}

int recon_point_seeds(sp_splat_cloud *out, const sp_background_params *params, const sp_view *views,
                      int count, sp_vec3 centre, double distance_m, sp_pool *pool)
{
    recon_nearest tree = {0};
    point_job job = {
        .tree = &tree, .centre = centre, .distance_m = distance_m, .out = out, .base = out->count};
    int rc = thin_out(&job.points, params, (int64_t)(MOST_SHARE * params->splats) + 1);
    if (!rc)
        rc = recon_nearest_init(&tree, job.points.xyz, job.points.count);
    if (!rc)
        rc = sp_splat_cloud_reserve(out, out->count + (size_t)job.points.count + SHELL_POINTS);
    if (!rc) {
        out->count += (size_t)job.points.count;
        sp_pool_run(pool, (job.points.count + CHUNK - 1) / CHUNK, seed_chunk, &job);
        rc = shell(out, &job, views, count);
    }
    recon_nearest_free(&tree);
    sp_points_free(&job.points);
    return rc;
}
