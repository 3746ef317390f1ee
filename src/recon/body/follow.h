// A neighbouring instant's splats carried on to this one.
#ifndef RECON_FOLLOW_H
#define RECON_FOLLOW_H

#include "hull.h"

#include <stillpoint/splat.h>

// cloud: the seeds of this instant. Where splats of from, which has velocities, are dt_s later, they take the
// place of seeds: they have their colours and shapes already. What is outside of the hull by then is left
// behind, and at most `most` splats remain. The cloud has velocities afterwards.
int recon_follow(sp_splat_cloud *cloud, const sp_splat_cloud *from, double dt_s, const recon_hull *hull,
                 size_t most);

#endif
