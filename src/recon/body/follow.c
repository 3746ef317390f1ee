#include "follow.h"
#include "neighbours.h"

#include <stdlib.h>

// Outside of the hull by this is more than an outline's error, and seeds that are further from all splats
// than this are of something that the neighbouring instant did not see.
#define OUTSIDE_M 0.02
#define ALONE_M 0.03

// Of what is kept, leave at most so many, evenly.
static void thin(uint8_t *keep, size_t count, size_t most)
{
    size_t kept = 0, passed = 0;
    for (size_t i = 0; i < count; i++)
        kept += keep[i];
    for (size_t i = 0; kept > most && i < count; i++)
        if (keep[i]) {
            keep[i] = (passed + 1) * most / kept > passed * most / kept;
            passed++;
        }
}

static int carry(sp_splat_cloud *out, const sp_splat_cloud *from, double dt_s, const recon_hull *hull,
                 size_t most)
{
    uint8_t *keep = sp_calloc(from->count + 1, 1);
    int rc = keep ? sp_splat_cloud_copy(out, from) : SP_ENOMEM;
    for (size_t i = 0; !rc && i < out->count; i++) {
        double at[3];
        for (size_t k = 0; k < 3; k++) {
            float *position = sp_splat_row(out, SP_ROW_POSITION + (int)k) + i;
            *position += (float)dt_s * out->velocity[k * out->capacity + i];
            at[k] = (double)*position;
        }
        keep[i] = recon_hull_at(hull, at, NULL) > (float)-OUTSIDE_M;
    }
    if (!rc) {
        thin(keep, out->count, most);
        sp_splat_cloud_filter(out, keep);
    }
    free(keep);
    return rc;
}

// Leave of the seeds what no splat is near to, thinned evenly to at most so many.
static int leave_alone(sp_splat_cloud *seeds, const sp_splat_cloud *splats, size_t most)
{
    const float *at[3];
    for (int k = 0; k < 3; k++)
        at[k] = sp_splat_row(splats, SP_ROW_POSITION + k);
    recon_neighbours grid;
    int rc = recon_neighbours_init(&grid, at[0], at[1], at[2], (int64_t)splats->count, ALONE_M);
    if (rc)
        return rc;
    uint8_t *keep = sp_calloc(seeds->count + 1, 1);
    for (size_t i = 0; keep && i < seeds->count; i++) {
        float seed[3];
        int32_t found;
        for (int k = 0; k < 3; k++)
            seed[k] = sp_splat_row(seeds, SP_ROW_POSITION + k)[i];
        keep[i] = recon_neighbours_near(&grid, seed, ALONE_M, &found, 1) == 0;
    }
    if (keep) {
        thin(keep, seeds->count, most);
        sp_splat_cloud_filter(seeds, keep);
    }
    free(keep);
    recon_neighbours_free(&grid);
    return keep ? SP_OK : SP_ENOMEM;
}

int recon_follow(sp_splat_cloud *cloud, const sp_splat_cloud *from, double dt_s, const recon_hull *hull,
                 size_t most)
{
    sp_splat_cloud carried = {0};
    int rc = carry(&carried, from, dt_s, hull, most);
    if (!rc)
        rc = leave_alone(cloud, &carried, most - carried.count);
    if (!rc)
        rc = sp_splat_cloud_append(&carried, cloud);
    if (rc) {
        sp_splat_cloud_free(&carried);
        return rc;
    }
    sp_splat_cloud_free(cloud);
    *cloud = carried;
    return SP_OK;
}
