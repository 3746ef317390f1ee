#include "neighbours.h"

#include <stillpoint/base.h>

#include <math.h>
#include <stdlib.h>

// Spatial hash of Teschner et al., "Optimized Spatial Hashing for Collision Detection of Deformable Objects",
// 2003.
static uint32_t bucket(const recon_neighbours *grid, int64_t i, int64_t j, int64_t k)
{
    return ((uint32_t)i * 73856093u ^ (uint32_t)j * 19349663u ^ (uint32_t)k * 83492791u) & grid->mask;
}

static uint32_t bucket_of(const recon_neighbours *grid, int64_t point)
{
    return bucket(grid, (int64_t)floor(grid->x[point] / grid->cell_m),
                  (int64_t)floor(grid->y[point] / grid->cell_m),
                  (int64_t)floor(grid->z[point] / grid->cell_m));
}

int recon_neighbours_init(recon_neighbours *out, const float *x, const float *y, const float *z,
                          int64_t count, double cell_m)
{
    uint32_t buckets = 64;
    while (buckets < count && buckets < 1u << 24)
        buckets *= 2;
    recon_neighbours grid = {x, y, z, cell_m, buckets - 1, NULL, NULL};
    grid.starts = sp_calloc((size_t)buckets + 1, sizeof *grid.starts);
    grid.order = sp_calloc((size_t)count + 1, sizeof *grid.order);
    if (!grid.starts || !grid.order) {
        recon_neighbours_free(&grid);
        return SP_ENOMEM;
    }
    for (int64_t i = 0; i < count; i++)
        grid.starts[bucket_of(&grid, i) + 1]++;
    for (uint32_t b = 0; b < buckets; b++)
        grid.starts[b + 1] += grid.starts[b];
    // Fill from the back, so that starts end up where they belong and order ascends.
    for (int64_t i = count - 1; i >= 0; i--)
        grid.order[--grid.starts[bucket_of(&grid, i) + 1]] = (int32_t)i;
    for (uint32_t b = 0; b < buckets; b++)
        grid.starts[b] = grid.starts[b + 1];
    grid.starts[buckets] = (int32_t)count;
    *out = grid;
    return SP_OK;
}

void recon_neighbours_free(recon_neighbours *grid)
{
    free(grid->starts);
    free(grid->order);
    grid->starts = grid->order = NULL;
}

int recon_neighbours_near(const recon_neighbours *grid, const float at[3], double radius_m, int32_t *found,
                          int most)
{
    int64_t cell[3];
    for (int a = 0; a < 3; a++)
        cell[a] = (int64_t)floor(at[a] / grid->cell_m);
    uint32_t visited[27];
    int visits = 0, count = 0;
    float limit = (float)(radius_m * radius_m);
    for (int n = 0; n < 27; n++) {
        uint32_t b = bucket(grid, cell[0] + n % 3 - 1, cell[1] + n / 3 % 3 - 1, cell[2] + n / 9 - 1);
        bool seen = false; // two cells may share a bucket
        for (int v = 0; v < visits; v++)
            seen |= visited[v] == b;
        if (seen)
            continue;
        visited[visits++] = b;
        for (int32_t s = grid->starts[b]; s < grid->starts[b + 1] && count < most; s++) {
            int32_t i = grid->order[s];
            float dx = grid->x[i] - at[0], dy = grid->y[i] - at[1], dz = grid->z[i] - at[2];
            if (dx * dx + dy * dy + dz * dz <= limit)
                found[count++] = i;
        }
    }
    return count;
}
