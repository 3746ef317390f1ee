// The order in which the floor and the shadow on it are drawn: the layer's splats are in front of floor
// splats whose centres may be nearer to the camera.
#ifndef RECON_SHADOW_ORDER_H
#define RECON_SHADOW_ORDER_H

#include <stillpoint/splat.h>

// A splat of the venue is floor when its centre is this close to the plane Z = 0.
#define RECON_FLOOR_M 0.08

// sp_render_target.behind_m for a cloud of so many splats of the venue, so many of the shadow, and others:
// freed with free().
int recon_shadow_order(float **out, const sp_splat_cloud *scene, size_t venue, size_t shadow);

#endif
