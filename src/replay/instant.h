// One instant: a frame set becomes mattes becomes the athlete's cloud. Internal to replay.
#ifndef REPLAY_INSTANT_H
#define REPLAY_INSTANT_H

#include "stand.h"

typedef struct replay_instant {
    double t_s;
    int64_t frame;        // round(t_s * nominal fps)
    sp_frame_set set;     // freed once the preview is made
    replay_stand *stands; // one per camera of the rig
    int camera_count;
    sp_image *mattes;              // one per frame of the set
    double deadline_s;             // sp_time_s() by which it is to be solved
    const sp_athlete_watch *watch; // looks at it meanwhile; nullable, borrowed
    const double *light;           // of the venue, borrowed (light.h); NULL: as it was prepared
    sp_splat_cloud cloud;
    sp_recon_report report;
} replay_instant;

// Decode and matte the frames at instant->t_s (stages "frames", "mattes").
int replay_instant_see(replay_instant *instant, sp_take *take, const bool *chosen,
                       const replay_plates *plates, double (*gains)[6], sp_ledger *ledger, sp_pool *pool,
                       const sp_progress *progress);
// Reconstruct (stage "athlete"). warm: the instant before, or NULL. gains: one row per frame of the set.
int replay_instant_solve(replay_instant *instant, const replay_plates *plates, double (*gains)[6],
                         const sp_splat_cloud *warm, const sp_replay_params *params, sp_ledger *ledger,
                         sp_pool *pool, const sp_progress *progress);
// Free pictures and mattes, keep the rest.
void replay_instant_forget(replay_instant *instant);
void replay_instant_free(replay_instant *instant);

#endif
