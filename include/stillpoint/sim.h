// A synthetic venue with truth: demo, tests and rig planning. Floor 4.
// Threads: a simulation serves one thread at a time and uses the pool it is given inside.
#ifndef STILLPOINT_SIM_H
#define STILLPOINT_SIM_H

#include <stillpoint/base.h>
#include <stillpoint/json.h>
#include <stillpoint/rig.h>
#include <stillpoint/splat.h>

#ifdef __cplusplus
extern "C" {
#endif

// A scene as it stands in a scene file (docs/formats.md): athlete and motion, venue, rig, faults.
typedef struct sp_sim sp_sim;

// SCENE is a built-in name ("aerials", "court"), optionally changed by a JSON object of overrides, or a path
// of a scene file. The caller owns *out. SP_EINVAL names the bad field.
int sp_sim_open(sp_sim **out, const char *scene, const sp_json *overrides);
void sp_sim_close(sp_sim **sim);

typedef struct sp_sim_report {
    int64_t frames; // pictures cast
    double seconds; // spent casting, wall
    double frames_per_s_core;
} sp_sim_report;

// Write the take: feeds, plates, rig.json, take.json, truth/. The folder appears whole or not at all (written
// aside).
int sp_sim_write_take(sp_sim *sim, const char *folder, sp_sim_report *report, sp_pool *pool,
                      const sp_progress *progress);

typedef struct sp_sim_cloud_params {
    double t_s;     // the instant on the rig clock (default 0)
    size_t count;   // splats (default 300000)
    double athlete; // share of them on the athlete, 0..1 (default 0.15); 0: the empty venue
    double
        overlap; // a splat's deviation along the surface, in mean distances to its neighbours (default 0.6)
    double opacity; // of every splat, 0..1 without the ends (default 0.95)
    uint64_t seed;  // of where the splats lie (default 1)
} sp_sim_cloud_params;
sp_sim_cloud_params sp_sim_cloud_params_default(void);

// The true surface of venue and athlete at an instant, as the scene's cameras see it: splats of SH degree 0
// that lie flat on it, in the colour that it sends to the camera which sees it, as dense as the cameras'
// pixels see it (what all see from near gets most, what none sees nothing), with the sky as a far shell.
// First venue and sky, then the athlete; no athlete where no camera sees one. The same parameters give the
// same bits for any number of threads. The caller ends *out with sp_splat_cloud_free(). SP_EINVAL names the
// bad parameter.
int sp_sim_cloud(sp_splat_cloud *out, const sp_sim *sim, const sp_sim_cloud_params *params, sp_pool *pool,
                 const sp_progress *progress);

// The scene's effective settings, complete, as JSON. The caller owns the result.
sp_json *sp_sim_settings(const sp_sim *sim);

#ifdef __cplusplus
}
#endif
#endif
