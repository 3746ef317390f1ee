// Splats that do nothing are moved to where detail is missing; the cloud grows up to its budget.
#ifndef RECON_RELOCATE_H
#define RECON_RELOCATE_H

#include "adam.h"

// need (count entries): how much each splat asks for company (mean screen gradient). Splats less opaque than
// dead_opacity are moved, at most `added` new ones appended (the cloud's capacity must hold them). need of
// all splats is 0 afterwards; it has room for the capacity.
int recon_relocate(sp_splat_cloud *cloud, recon_adam *adam, float *need, size_t added, double dead_opacity,
                   sp_rng *rng);

#endif
