// The true surface of a scene as splats.
#ifndef SIM_CLOUD_H
#define SIM_CLOUD_H

#include "cast.h"
#include "scene.h"

#include <stillpoint/sim.h>

enum { SIM_CLOUD_MAX = 50000000 };

// sp_sim_cloud() of a world that is built; params are checked.
int sim_cloud_build(sp_splat_cloud *out, const sim_scene *scene, const sim_world *world,
                    const sp_sim_cloud_params *params, sp_pool *pool, const sp_progress *progress);

#endif
