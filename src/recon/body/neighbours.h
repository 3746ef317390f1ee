// Which points are near: a hashed grid over points in struct-of-arrays form.
#ifndef RECON_NEIGHBOURS_H
#define RECON_NEIGHBOURS_H

#include <stdint.h>

typedef struct recon_neighbours {
    const float *x, *y, *z; // borrowed
    double cell_m;
    uint32_t mask;   // buckets - 1
    int32_t *starts; // buckets + 1
    int32_t *order;  // point indices by bucket, ascending within one
} recon_neighbours;

int recon_neighbours_init(recon_neighbours *out, const float *x, const float *y, const float *z,
                          int64_t count, double cell_m);
void recon_neighbours_free(recon_neighbours *grid);

// Indices of points within radius_m <= cell_m of a place, at most `most`, in a fixed order; returns how many.
int recon_neighbours_near(const recon_neighbours *grid, const float at[3], double radius_m, int32_t *found,
                          int most);

#endif
