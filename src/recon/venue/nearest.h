// The nearest of many points, however unevenly they lie: a k-d tree (Bentley, "Multidimensional binary search
// trees used for associative searching", 1975).
#ifndef RECON_NEAREST_H
#define RECON_NEAREST_H

#include <stdint.h>

#define RECON_NEAREST_MOST 8

typedef struct recon_nearest {
    const double *xyz; // borrowed triples
    int64_t count;
    int32_t *order; // the middle of a range parts it along axis[middle]
    uint8_t *axis;
} recon_nearest;

int recon_nearest_init(recon_nearest *out, const double *xyz, int64_t count);
void recon_nearest_free(recon_nearest *tree);

// Squared distances to the `most` (up to RECON_NEAREST_MOST) points nearest to a place, ascending, without
// the point `except` (-1: none); returns how many there are.
int recon_nearest_squares(double *squares, const recon_nearest *tree, const double at[3], int64_t except,
                          int most);

#endif
