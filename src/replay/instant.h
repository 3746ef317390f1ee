// One instant: a frame set becomes mattes becomes the athlete's cloud. Internal to replay.
#ifndef REPLAY_INSTANT_H
#define REPLAY_INSTANT_H

#include "around.h"

// What an instant before it knows already, per camera of the rig.
typedef struct replay_handed {
    sp_image *mattes; // no data: not known
    double (*gains)[6];
    int count;
} replay_handed;

typedef struct replay_instant {
    double t_s;
    int64_t frame;        // round(t_s * nominal fps)
    bool needs_around;    // the frames before and after are wanted even if exposures do not matter
    sp_frame_set set;     // freed once the preview is made
    sp_frame_set aside;   // frames that show something else than their plates; likewise
    replay_stand *stands; // one per camera of the rig
    int camera_count;
    sp_image *mattes;              // one per frame of the set, with room for those aside
    replay_around around;          // the frames before and after, where exposures matter; freed with the set
    replay_handed handed;          // of the set, which is there then; likewise
    double deadline_s;             // sp_time_s() by which it is to be solved
    const sp_athlete_watch *watch; // looks at it meanwhile; nullable, borrowed
    const char *venue;             // path of the venue's cloud, borrowed; NULL: there is none
    const double *light;           // of the venue, borrowed (light.h); NULL: as it was prepared
    sp_splat_cloud cloud;
    sp_recon_report report;
} replay_instant;

// A frame as a view of the instant t_s. It borrows everything.
sp_view replay_view(const sp_frame *frame, const sp_camera *camera, const replay_plate *plate,
                    const replay_stand *stand, const sp_image *matte, const double gains[6], double t_s);

// Decode and matte the frames at instant->t_s (stages "frames", "mattes").
int replay_instant_see(replay_instant *instant, sp_take *take, const bool *chosen,
                       const replay_plates *plates, double (*gains)[6], sp_ledger *ledger, sp_pool *pool,
                       const sp_progress *progress);
// SP_EINVAL where fewer than two cameras have a frame.
int replay_instant_check(const replay_instant *instant);
// Reconstruct (stage "athlete"). warm: a neighbouring instant's body, whose time is warm_dt_s after this, or
// NULL. gains: one row per frame of the set, with room for those aside; these may come back into it.
int replay_instant_solve(replay_instant *instant, const replay_plates *plates, double (*gains)[6],
                         const sp_splat_cloud *warm, double warm_dt_s, const sp_replay_params *params,
                         sp_ledger *ledger, sp_pool *pool, const sp_progress *progress);
// Give frames and mattes of an instant that is done to the next one, whose t_s is set: where they are one
// interval apart, the one's own frames are those around the other. gains: of the done one's frames.
int replay_instant_hand_on(replay_instant *next, replay_instant *done, double (*gains)[6], double interval_s);
// Free pictures and mattes, keep the rest.
void replay_instant_forget(replay_instant *instant);
void replay_instant_free(replay_instant *instant);

#endif
