// The venue before optimisation.
#ifndef RECON_BACKGROUND_H
#define RECON_BACKGROUND_H

#include <stillpoint/recon.h>

// Seeds of the venue (params->sh_degree settled): points, or from the plates fused stereo, completed where it
// is silent, over floor and shell. gains has count entries: how much brighter than the seeds each view is,
// per channel.
int recon_background_seeds(sp_splat_cloud *out, double (*gains)[3], const sp_view *views, int count,
                           const sp_background_params *params, sp_pool *pool, const sp_progress *progress);

#endif
