// The hull, hollowed out to where the views' depths say the surface is.
#ifndef RECON_CARVE_DEPTH_H
#define RECON_CARVE_DEPTH_H

#include "hull.h"
#include "../stereo/sweep.h"

// Replace the hull's field by the nearer of itself and the median of the views' truncated signed distances
// (Curless and Levoy, "A Volumetric Method for Building Complex Models from Range Images", 1996; the median
// instead of the mean, so that one wrong depth moves nothing). What no depth reaches stays as the hull has
// it.
int recon_carve_depth(recon_hull *hull, const recon_sweep *sweep, sp_pool *pool);

// Rounds of the 1-2-1 kernel along each axis of the field, near the surface. What is one sample thick stays.
int recon_hull_smooth(recon_hull *hull, int rounds, sp_pool *pool);

#endif
