// The venue before optimisation, from sparse points.
#ifndef RECON_POINT_SEEDS_H
#define RECON_POINT_SEEDS_H

#include <stillpoint/recon.h>

// A round splat at every point (evenly chosen ones, when there are more than the budget likes), as large as
// the distance to its neighbours, and a far shell behind them in the colours that the views see there. centre
// and distance_m: the middle of the scene, and how far the cameras are from it. Appends to out.
int recon_point_seeds(sp_splat_cloud *out, const sp_background_params *params, const sp_view *views,
                      int count, sp_vec3 centre, double distance_m, sp_pool *pool);

#endif
