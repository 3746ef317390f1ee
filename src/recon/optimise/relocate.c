#include "relocate.h"

#include <math.h>
#include <stdlib.h>

// Both halves of a divided splat are this much smaller along the divided axes (Kerbl et al. 2023).
#define DIVISOR 1.6

static double opacity_of(const sp_splat_cloud *cloud, size_t i)
{
    return 1 / (1 + exp(-(double)sp_splat_row(cloud, SP_ROW_OPACITY)[i]));
}

static void copy_splat(sp_splat_cloud *cloud, size_t to, size_t from)
{
    for (int row = 0; row < sp_splat_rows(cloud->sh_degree); row++)
        sp_splat_row(cloud, row)[to] = sp_splat_row(cloud, row)[from];
}

// Make two of one: placed to either side of the old centre along its larger axes, together as opaque as
// before (1 - o = (1 - o')^2).
static void divide(sp_splat_cloud *cloud, size_t old, size_t other, sp_rng *rng)
{
    const float *s[3] = {sp_splat_row(cloud, SP_ROW_LOG_SCALE), sp_splat_row(cloud, SP_ROW_LOG_SCALE + 1),
                         sp_splat_row(cloud, SP_ROW_LOG_SCALE + 2)};
    int thin = 0;
    for (int a = 1; a < 3; a++)
        thin = s[a][old] < s[thin][old] ? a : thin;
    double step[3];
    for (int a = 0; a < 3; a++)
        step[a] = a == thin ? 0 : 0.6 * sp_rng_normal(rng) * exp((double)s[a][old]);
    double q[4];
    for (int a = 0; a < 4; a++)
        q[a] = sp_splat_row(cloud, SP_ROW_ROTATION + a)[old];
    sp_vec3 shift =
        sp_m3_apply(sp_quat_to_m3((sp_quat){q[0], q[1], q[2], q[3]}), sp_v3(step[0], step[1], step[2]));
    for (int a = 0; a < 3; a++)
        if (a != thin)
            sp_splat_row(cloud, SP_ROW_LOG_SCALE + a)[old] -= (float)log(DIVISOR);
    double o = fmin(1 - sqrt(1 - fmin(opacity_of(cloud, old), 0.999)), 0.99);
    sp_splat_row(cloud, SP_ROW_OPACITY)[old] = (float)log(fmax(o, 1e-4) / (1 - o));
    copy_splat(cloud, other, old);
    const double by[3] = {shift.x, shift.y, shift.z};
    for (int a = 0; a < 3; a++) {
        sp_splat_row(cloud, SP_ROW_POSITION + a)[old] += (float)by[a];
        sp_splat_row(cloud, SP_ROW_POSITION + a)[other] -= (float)by[a];
    }
}

// The first index whose cumulative need exceeds the draw.
static size_t draw_one(const double *sums, size_t count, double draw)
{
    size_t low = 0, high = count - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (sums[middle] > draw)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

int recon_relocate(sp_splat_cloud *cloud, recon_adam *adam, float *need, size_t added, double dead_opacity,
                   sp_rng *rng)
{
    size_t old_count = cloud->count;
    double *sums = sp_calloc(old_count + 1, sizeof *sums), total = 0;
    if (!sums)
        return SP_ENOMEM;
    for (size_t i = 0; i < old_count; i++) {
        total += opacity_of(cloud, i) >= dead_opacity ? need[i] : 0;
        sums[i] = total;
    }
    added = added < cloud->capacity - old_count ? added : cloud->capacity - old_count;
    adam->first.count = adam->second.count = old_count + added;
    for (size_t i = 0; total > 0 && i < old_count + added; i++) {
        if (i < old_count && opacity_of(cloud, i) >= dead_opacity)
            continue;
        size_t from = draw_one(sums, old_count, sp_rng_uniform(rng) * total);
        if (i >= cloud->count)
            cloud->count = i + 1;
        divide(cloud, from, i, rng);
        recon_adam_reset(adam, from);
        recon_adam_reset(adam, i);
    }
    for (size_t i = 0; i < cloud->count; i++)
        need[i] = 0;
    free(sums);
    return SP_OK;
}
