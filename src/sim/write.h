// Casting a whole take into a folder.
#ifndef SIM_WRITE_H
#define SIM_WRITE_H

#include "picture.h"
#include "scene.h"

#include <stillpoint/base.h>

typedef struct sim_job {
    const sim_scene *scene;
    const sp_json *document;
    const sim_world *world;
    sim_stage *stage;
    sp_rig truth;       // inputs, then evaluation cameras
    sp_rig calibrated;  // inputs, as the take believes them to be
    sim_fault *faults;  // per input
    sim_plate *plates;  // per input
    sim_actor **actors; // per worker
    sp_image8 *encoded; // per input: the plate in sRGB
    int bumped;         // the input that is turned while it films, -1: none
    sim_plate turned;   // the venue as it sees it from then on
    sp_image8 turned_encoded;
    const char *folder;
    sp_pool *pool;
    const sp_progress *progress;
    int64_t frames_done;
} sim_job;

// Instant of the motion that frame k of input camera c shows (its middle), and of the rig clock.
double sim_job_rig_time(const sim_job *job, int camera, int frame);
double sim_job_motion_time(const sim_job *job, double rig_time_s);

// Plates, feeds, truth/: each writes into job->folder.
int sim_write_plates(sim_job *job);
int sim_write_feeds(sim_job *job);
int sim_write_truth_pictures(sim_job *job);
int sim_write_truth_files(const sim_job *job);
int sim_write_take_files(const sim_job *job);

#endif
