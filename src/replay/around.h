// The frames just before and after an instant, which tell how the athlete moves where exposures are so long
// that it blurs him. Internal to replay.
#ifndef REPLAY_AROUND_H
#define REPLAY_AROUND_H

#include "stand.h"

typedef struct replay_around {
    sp_frame_set sets[2]; // before, after; count 0: none
    sp_image *mattes[2];  // one per frame; no data: its camera has none at the instant
    double (*gains[2])[6];
} replay_around;

// Whether some chosen camera's exposure is so long that an athlete's hand moves by pixels in it.
bool replay_around_matters(const sp_take *take, const bool *chosen);

// Decode the frames one nominal interval before (side 0) or after (side 1) the instant; where the footage has
// none there is none. Cheapest in order of time: before the instant's own, and after them. What is there
// already stays.
int replay_around_frames(replay_around *around, int side, sp_take *take, const bool *chosen, double t_s,
                         sp_pool *pool);

// Matte both sides as the instant's own frames are: with the plates of their stands; what has mattes keeps
// them.
int replay_around_matte(replay_around *around, const replay_plates *plates, const replay_stand *stands,
                        sp_pool *pool);

// As views for sp_recon_params.neighbours, beside those of the instant's set, whose cameras they take.
// Those before the instant come first, *before of *count. *out is the caller's to free(); it borrows from
// around.
int replay_around_views(sp_view **out, int *count, int *before, const replay_around *around,
                        const sp_frame_set *set, const replay_plates *plates, const replay_stand *stands);

void replay_around_free(replay_around *around);

#endif
