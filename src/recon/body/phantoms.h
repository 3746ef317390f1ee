// Parts of space that every view would allow, but that nothing calls for: where lines of sight past several
// athletes cross, silhouettes leave bodies that are not there. Of the parts of a hull, those are kept that
// explain the mattes; a part whose pixels the others explain already is none (parsimony, by greedy set cover;
// compare the unique support of Miller and Hilton, "Safe Hulls", CVMP 2007).
#ifndef RECON_PHANTOMS_H
#define RECON_PHANTOMS_H

#include "silhouette.h"

#include <stillpoint/base.h>

// Cubes of one lattice: three coordinates of the centre each, half a side.
typedef struct recon_cubes {
    double *centres;
    int64_t count;
    double half;
} recon_cubes;

// Where a view sees a point of the lattice: its own time may be another. NULL: where it is.
typedef struct recon_when {
    void (*then)(double at[3], const void *context, int view, const double point[3]);
    const void *context;
} recon_when;

// Drop the cubes of parts (connected by their faces) that are phantoms; the rest keeps its order. views are
// the silhouettes that count, by number.
int recon_phantoms_drop(recon_cubes *cubes, const recon_silhouette *silhouettes, const int *views,
                        int view_count, const recon_when *when, sp_pool *pool);

#endif
