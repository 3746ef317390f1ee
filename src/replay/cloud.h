// Layers of a moment put together. Internal to replay.
#ifndef REPLAY_CLOUD_H
#define REPLAY_CLOUD_H

#include <stillpoint/replay.h>

// Append all splats of from to cloud, which takes on the higher SH degree of the two.
int replay_append(sp_splat_cloud *cloud, const sp_splat_cloud *from);
// Leave his body alone of an athlete's cloud, which begins with so many splats of his shadow.
int replay_drop_shadow(sp_splat_cloud *athlete, int64_t shadow_splats);
// What the moment knows of an instant's floor.
sp_floor replay_floor(const sp_moment_instant *instant);

#endif
