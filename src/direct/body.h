// Which splats of a cloud are the athlete's body. Internal to direct.
#ifndef DIRECT_BODY_H
#define DIRECT_BODY_H

#include <stillpoint/splat.h>

// weight[i], one per splat: its opacity if it belongs to the largest connected part of the cloud that is off
// the floor, else 0. The athlete's shadow and debris are apart from it in the air; on the ground the shadow
// is flat. Where nothing is off the floor, the largest part of all.
int direct_body_weights(float *weight, const sp_splat_cloud *cloud);

#endif
