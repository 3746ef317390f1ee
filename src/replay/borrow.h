// Cameras without a usable plate: what is athlete in their pictures is told by the reconstruction of the
// others, drawn from where they stand. Internal to replay.
#ifndef REPLAY_BORROW_H
#define REPLAY_BORROW_H

#include "instant.h"

// Which frames of the set have mattes that cannot be relied on: their plate is a guess, and the matte agrees
// far less with the hull of all than those of the others. At least two others remain. views: one per frame.
int replay_borrow_who(bool *is_weak, int *count, const replay_instant *instant, const replay_plates *plates,
                      const sp_view *views, sp_pool *pool);

// Give weak frames, and those aside, a plate (the venue as their camera sees it) and a matte: athlete where
// instant->cloud, but for its first splats of shadow, is drawn for sure, nothing far from it, and between
// what differs from that plate. A camera aside whose picture is not that of venue and athlete stays there;
// others go back into the set, turned where they have turned.
int replay_borrow(replay_instant *instant, const bool *is_weak, int64_t shadow_splats, double (*gains)[6],
                  sp_kernels kernels, sp_pool *pool);

#endif
