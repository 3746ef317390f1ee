// Depth maps of all views, coarse to fine.
#ifndef RECON_DEPTHS_H
#define RECON_DEPTHS_H

#include "fuse.h"

// Fill geometry->maps from its views and params (whose floor_radius_m and action_radius_m become 0 where the
// first depths say that there is no floor at Z = 0): pictures reduced by halves first, whose depths are where
// the next finer ones begin and what they should agree with. The same for any number of threads.
int recon_depths(recon_geometry *geometry, sp_pool *pool, const sp_progress *progress);

#endif
