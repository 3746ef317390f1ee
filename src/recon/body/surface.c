#include "surface.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define POINT_FLOATS 10
// Painted radius of a point in spacings: neighbours on a grid are up to sqrt(3) apart.
#define DISC_SPACINGS 0.9
#define LEAST_COSINE 0.1f

int recon_points_init(recon_points *out, int64_t count)
{
    size_t n = count > 0 ? (size_t)count : 1;
    float *memory = sp_aligned_calloc(n * POINT_FLOATS, sizeof *memory);
    if (!memory)
        return SP_ENOMEM;
    *out = (recon_points){.count = count, .memory = memory};
    for (size_t i = 0; i < 3; i++) {
        out->position[i] = memory + i * n;
        out->normal[i] = memory + (3 + i) * n;
        out->colour[i] = memory + (6 + i) * n;
    }
    out->trust = memory + 9 * n;
    return SP_OK;
}

void recon_points_free(recon_points *points)
{
    free(points->memory);
    *points = (recon_points){0};
}

static const int CORNER[8][3] = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {1, 1, 0},
                                 {0, 0, 1}, {1, 0, 1}, {0, 1, 1}, {1, 1, 1}};
static const int EDGE[12][2] = {{0, 1}, {2, 3}, {4, 5}, {6, 7}, {0, 2}, {1, 3},
                                {4, 6}, {5, 7}, {0, 4}, {1, 5}, {2, 6}, {3, 7}};

// The mean of the crossings on the cell's edges, in voxels from its first corner; false when there is none.
static bool cell_vertex(double at[3], const recon_hull *hull, int i, int j, int k)
{
    size_t sx = (size_t)hull->size[0], sxy = sx * (size_t)hull->size[1];
    const float *base = hull->field + (size_t)k * sxy + (size_t)j * sx + (size_t)i;
    const float v[8] = {base[0],   base[1],       base[sx],       base[sx + 1],
                        base[sxy], base[sxy + 1], base[sxy + sx], base[sxy + sx + 1]};
    double sum[3] = {0};
    int crossings = 0, inside = 0;
    for (int n = 0; n < 8; n++)
        inside += v[n] > 0;
    if (inside == 0 || inside == 8)
        return false;
    for (int e = 0; e < 12; e++) {
        const int a = EDGE[e][0], b = EDGE[e][1];
        if ((v[a] > 0) == (v[b] > 0))
            continue;
        double f = v[a] / (v[a] - v[b]);
        for (int n = 0; n < 3; n++)
            sum[n] += CORNER[a][n] + f * (CORNER[b][n] - CORNER[a][n]);
        crossings++;
    }
    for (int n = 0; crossings && n < 3; n++)
        at[n] = sum[n] / crossings;
    return crossings > 0;
}

typedef struct surface_job {
    const recon_hull *hull;
    int64_t *counts; // per layer of cells: first counts, then where its points begin
    recon_points *points;
} surface_job;

static void count_layer(void *context, int64_t k, int worker)
{
    (void)worker;
    const surface_job *job = context;
    double at[3];
    for (int j = 0; j < job->hull->size[1] - 1; j++)
        for (int i = 0; i < job->hull->size[0] - 1; i++)
            job->counts[k] += cell_vertex(at, job->hull, i, j, (int)k);
}

// Outward normal: minus the field's gradient, averaged over the corners of a voxel-sized cube.
static void normal_at(double n[3], const recon_hull *hull, const double p[3])
{
    double sum[3] = {0};
    for (int corner = 0; corner < 8; corner++) {
        double q[3], g[3];
        for (int i = 0; i < 3; i++)
            q[i] = p[i] + (CORNER[corner][i] - 0.5) * 1.5 * hull->voxel_m;
        recon_hull_at(hull, q, g);
        for (int i = 0; i < 3; i++)
            sum[i] -= g[i];
    }
    double norm = sqrt(sum[0] * sum[0] + sum[1] * sum[1] + sum[2] * sum[2]);
    for (int i = 0; i < 3; i++)
        n[i] = norm > 1e-9 ? sum[i] / norm : i == 2;
}

static void fill_layer(void *context, int64_t k, int worker)
{
    (void)worker;
    const surface_job *job = context;
    const recon_hull *hull = job->hull;
    int64_t to = job->counts[k];
    for (int j = 0; j < hull->size[1] - 1; j++)
        for (int i = 0; i < hull->size[0] - 1; i++) {
            double at[3], n[3], p[3];
            if (!cell_vertex(at, hull, i, j, (int)k))
                continue;
            const int cell[3] = {i, j, (int)k};
            for (int a = 0; a < 3; a++)
                p[a] = hull->origin[a] + hull->voxel_m * (cell[a] + at[a]);
            normal_at(n, hull, p);
            // The mean of crossings lies inside of a curved surface: step onto the level.
            double step = recon_hull_at(hull, p, NULL);
            step = step > 0.5 * hull->voxel_m    ? 0.5 * hull->voxel_m
                   : step < -0.5 * hull->voxel_m ? -0.5 * hull->voxel_m
                                                 : step;
            for (int a = 0; a < 3; a++) {
                job->points->position[a][to] = (float)(p[a] + step * n[a]);
                job->points->normal[a][to] = (float)n[a];
            }
            to++;
        }
}

int recon_surface_points(recon_points *out, const recon_hull *hull, sp_pool *pool)
{
    if (!hull->field)
        return recon_points_init(out, 0);
    int layers = hull->size[2] - 1;
    recon_points points;
    surface_job job = {hull, sp_calloc((size_t)layers, sizeof(int64_t)), &points};
    if (!job.counts)
        return SP_ENOMEM;
    sp_pool_run(pool, layers, count_layer, &job);
    int64_t total = 0;
    for (int k = 0; k < layers; k++) {
        int64_t here = job.counts[k];
        job.counts[k] = total;
        total += here;
    }
    int rc = recon_points_init(&points, total);
    if (!rc) {
        points.spacing_m = hull->voxel_m;
        sp_pool_run(pool, layers, fill_layer, &job);
        *out = points;
    }
    free(job.counts);
    return rc;
}

static bool project(double px[2], double *depth, const sp_camera *camera, const recon_points *p, int64_t i)
{
    sp_vec3 at = sp_camera_to_cam(camera, sp_v3(p->position[0][i], p->position[1][i], p->position[2][i]));
    if (at.z < 0.05)
        return false;
    px[0] = camera->fx * at.x / at.z + camera->cx;
    px[1] = camera->fy * at.y / at.z + camera->cy;
    *depth = at.z;
    return true;
}

int recon_depth_of_points(sp_image *depth, const recon_points *points, const sp_camera *camera)
{
    sp_image map = {0};
    int rc = sp_image_init(&map, camera->width, camera->height, 1);
    if (rc)
        return rc;
    size_t pixels = (size_t)map.width * (size_t)map.height;
    for (size_t i = 0; i < pixels; i++)
        map.data[i] = INFINITY;
    for (int64_t n = 0; n < points->count; n++) {
        double px[2], z;
        if (!project(px, &z, camera, points, n))
            continue;
        double radius = fmax(DISC_SPACINGS * points->spacing_m * camera->fx / z, 0.71);
        int x0 = (int)fmax(ceil(px[0] - radius - 0.5), 0),
            x1 = (int)fmin(floor(px[0] + radius - 0.5), map.width - 1);
        int y0 = (int)fmax(ceil(px[1] - radius - 0.5), 0),
            y1 = (int)fmin(floor(px[1] + radius - 0.5), map.height - 1);
        for (int y = y0; y <= y1; y++)
            for (int x = x0; x <= x1; x++) {
                float *at = map.data + (size_t)y * (size_t)map.width + (size_t)x;
                *at = fminf(*at, (float)z);
            }
    }
    *depth = map;
    return SP_OK;
}

float recon_point_sight(double px[2], const recon_points *points, int64_t index, const sp_camera *camera,
                        const sp_image *depth, double slack_m)
{
    double at[2], z;
    if (!project(at, &z, camera, points, index))
        return 0;
    if (at[0] < 0 || at[1] < 0 || at[0] >= depth->width || at[1] >= depth->height)
        return 0;
    if (z > depth->data[(size_t)at[1] * (size_t)depth->width + (size_t)at[0]] + slack_m)
        return 0;
    sp_vec3 p = sp_v3(points->position[0][index], points->position[1][index], points->position[2][index]);
    sp_vec3 n = sp_v3(points->normal[0][index], points->normal[1][index], points->normal[2][index]);
    float cosine = (float)sp_v3_dot(n, sp_v3_unit(sp_v3_sub(sp_camera_center(camera), p)));
    if (px) {
        px[0] = at[0];
        px[1] = at[1];
    }
    return cosine > LEAST_COSINE ? cosine : 0;
}
