// Which splats of a cloud are the athlete's body. Internal to direct.
#ifndef DIRECT_BODY_H
#define DIRECT_BODY_H

#include <stillpoint/splat.h>

// weight[i], one per splat: its opacity if it belongs to the largest connected part of the splats from first
// on, else 0. Debris is apart from it.
int direct_body_weights(float *weight, const sp_splat_cloud *cloud, size_t first);

#endif
