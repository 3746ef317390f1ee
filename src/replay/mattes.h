// The mattes of frames that were exposed together. Internal to replay.
#ifndef REPLAY_MATTES_H
#define REPLAY_MATTES_H

#include "stand.h"

// One matte per frame of the set (initialised here; none for a camera that is left out), and gains as of
// sp_view. Cameras are worked on side by side.
int replay_mattes(sp_image *mattes, double (*gains)[6], const sp_frame_set *set, const replay_plates *plates,
                  const replay_stand *stands, sp_pool *pool);

#endif
