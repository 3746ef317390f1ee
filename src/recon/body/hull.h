// The visual hull of the athlete as a signed distance field. Sources: Laurentini, "The Visual Hull Concept",
// 1994; coarse-to-fine as Szeliski, "Rapid Octree Construction from Image Sequences", 1993.
#ifndef RECON_HULL_H
#define RECON_HULL_H

#include "../optimise/flow.h"
#include "silhouette.h"

// A grid of samples at origin + voxel_m * (i, j, k), value (k * size[1] + j) * size[0] + i of field: metres
// to the hull's surface, positive inside, about right near it and at least -RECON_HULL_BAND voxels deep
// outside.
typedef struct recon_hull {
    double origin[3], voxel_m;
    int size[3];
    float *field;
} recon_hull;

#define RECON_HULL_BAND 3

typedef struct recon_hull_params {
    double voxel_m;     // the finest wanted; coarser where the grid would exceed most_cells (default 0.01)
    int64_t most_cells; // default 12 million
    int tolerance;   // views that may deny a point which all others that see it claim; -1: by count (default)
    int least_views; // views that must claim a point; 0: by count (default)
    const recon_flow *flow;   // optional: how the parts move, and
    const double *dt_s;       // ... when each view sees them: a point is looked for where it is then,
    const double *exposure_s; // ... how long (optional): at each of its moments, for the matte of a blurred
    double drift[3];          // ... picture has all places where he was; and what all moves by beside the
                              // flow, metres a second, within exposures only
} recon_hull_params;
recon_hull_params recon_hull_params_default(void);

// Carve. used (nullable): views to take. An empty hull (no field, size 0) is SP_OK.
int recon_hull_carve(recon_hull *out, const recon_silhouette *silhouettes, const bool *used, int count,
                     const recon_hull_params *params, sp_pool *pool, const sp_progress *progress);
// Empty what hangs by itself and is smaller than a share of the largest part's volume.
int recon_hull_drop_parts(recon_hull *hull, double least_share);
void recon_hull_free(recon_hull *hull);

// Trilinear sample; outside the grid -RECON_HULL_BAND voxels. gradient (nullable) points inwards.
float recon_hull_at(const recon_hull *hull, const double world[3], double gradient[3]);
double recon_hull_volume(const recon_hull *hull); // cubic metres, from the share of each sample's cell inside

#endif
