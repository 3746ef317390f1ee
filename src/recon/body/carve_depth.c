#include "carve_depth.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TRUNCATION_M 0.03
// Depths that must speak before a sample of the hull is moved.
#define LEAST_VOICES 2
#define MOST_VIEWS 64
#define SMOOTHING_ROUNDS 1
// Samples further from the surface, in voxels, do not shape it and stay as they are.
#define SMOOTHING_REACH 2.5f

typedef struct carve_job {
    recon_hull *hull;
    const recon_sweep *sweep;
    float *other;
} carve_job;

// How far in front of a view's surface a point is (positive: in free space); false when the view says
// nothing.
static bool voice(float *metres, const sp_camera *camera, const sp_image *depth, sp_vec3 p)
{
    if (!camera->width)
        return false;
    sp_vec3 c = sp_camera_to_cam(camera, p);
    if (c.z < 0.05)
        return false;
    double x = camera->fx * c.x / c.z + camera->cx, y = camera->fy * c.y / c.z + camera->cy;
    if (x < 0 || y < 0 || x >= depth->width || y >= depth->height)
        return false;
    float z = depth->data[(size_t)y * (size_t)depth->width + (size_t)x];
    if (z <= 0 || z - c.z < -TRUNCATION_M)
        return false;
    *metres = fminf((float)(z - c.z), (float)TRUNCATION_M);
    return true;
}

static float median(float *values, int count)
{
    for (int i = 1; i < count; i++) {
        float v = values[i];
        int j = i;
        for (; j > 0 && values[j - 1] > v; j--)
            values[j] = values[j - 1];
        values[j] = v;
    }
    return count % 2 ? values[count / 2] : 0.5f * (values[count / 2 - 1] + values[count / 2]);
}

static void carve_layer(void *context, int64_t k, int worker)
{
    (void)worker;
    const carve_job *job = context;
    recon_hull *hull = job->hull;
    size_t at = (size_t)k * (size_t)hull->size[0] * (size_t)hull->size[1];
    for (int j = 0; j < hull->size[1]; j++)
        for (int i = 0; i < hull->size[0]; i++, at++) {
            if (hull->field[at] <= -hull->voxel_m)
                continue;
            sp_vec3 p = sp_v3(hull->origin[0] + hull->voxel_m * i, hull->origin[1] + hull->voxel_m * j,
                              hull->origin[2] + hull->voxel_m * (double)k);
            float voices[MOST_VIEWS];
            int count = 0;
            for (int v = 0; v < job->sweep->count && count < MOST_VIEWS; v++)
                count += voice(&voices[count], &job->sweep->cameras[v], &job->sweep->depths[v], p);
            if (count >= LEAST_VOICES)
                hull->field[at] = fminf(hull->field[at], -median(voices, count));
        }
}

// One round of the 1-2-1 kernel along each axis.
static void smooth_layer(void *context, int64_t k, int worker)
{
    (void)worker;
    const carve_job *job = context;
    const recon_hull *hull = job->hull;
    ptrdiff_t sx = hull->size[0], sxy = sx * hull->size[1];
    if (k == 0 || k == hull->size[2] - 1)
        return;
    for (int j = 1; j < hull->size[1] - 1; j++)
        for (int i = 1; i < hull->size[0] - 1; i++) {
            const float *f = hull->field + k * sxy + j * sx + i;
            if (fabsf(f[0]) > SMOOTHING_REACH * (float)hull->voxel_m)
                continue;
            float sum = 0;
            for (int n = 0; n < 27; n++) {
                int dx = n % 3 - 1, dy = n / 3 % 3 - 1, dz = n / 9 - 1;
                float w = (float)((2 - abs(dx)) * (2 - abs(dy)) * (2 - abs(dz)));
                sum += w * f[dz * sxy + dy * sx + dx];
            }
            // Thin things (a ski, a finger) are one sample deep: they must not be smoothed away.
            float smooth = sum / 64, least = fminf(f[0], 0.25f * (float)hull->voxel_m);
            job->other[k * sxy + j * sx + i] = f[0] > 0 && smooth < least ? least : smooth;
        }
}

int recon_hull_smooth(recon_hull *hull, int rounds, sp_pool *pool)
{
    size_t cells = (size_t)hull->size[0] * (size_t)hull->size[1] * (size_t)hull->size[2];
    carve_job job = {hull, NULL, sp_calloc(cells + 1, sizeof(float))};
    if (!job.other)
        return SP_ENOMEM;
    for (int round = 0; round < rounds; round++) {
        memcpy(job.other, hull->field, cells * sizeof *job.other);
        sp_pool_run(pool, hull->size[2], smooth_layer, &job);
        memcpy(hull->field, job.other, cells * sizeof *job.other);
    }
    free(job.other);
    return SP_OK;
}

int recon_carve_depth(recon_hull *hull, const recon_sweep *sweep, sp_pool *pool)
{
    carve_job job = {hull, sweep, NULL};
    sp_pool_run(pool, hull->size[2], carve_layer, &job);
    return recon_hull_smooth(hull, SMOOTHING_ROUNDS, pool);
}
