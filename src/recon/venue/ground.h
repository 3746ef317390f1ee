// Where the floor, the plane Z = 0, is known to be. What pictures show beneath it there, as if through it, is
// its mirror image of what stands on it, or chance.
#ifndef RECON_GROUND_H
#define RECON_GROUND_H

#include "fuse.h"

// Find where it is, into geometry->is_floor, from what matches well in the maps: a place belongs to it when
// more is seen on it than beneath it at the place, or at the nearest one that tells. What is mirrored is not
// beneath: a depth under the floor is a mirror image where a view has a depth at its height above the floor,
// and where most are, all are. Nowhere without a floor (floor_radius_m 0).
int recon_find_ground(recon_geometry *geometry, sp_pool *pool);

// Put on the ground what lies beneath it in the maps: mirror images, and of the rest what other views see in
// the same colour there.
int recon_settle_on_ground(recon_geometry *geometry, sp_pool *pool);

// Depth at which the ray through (x, y) of a view meets the ground; INFINITY where it does not.
double recon_ground_depth(const recon_geometry *geometry, int view, double x, double y);
// Is a depth beyond that, by more than a floor that is not quite even explains?
bool recon_is_beneath_ground(const recon_geometry *geometry, int view, double x, double y, double depth);

#endif
