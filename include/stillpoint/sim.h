// A synthetic venue with truth: demo, tests and rig planning. Floor 4.
// Threads: a simulation serves one thread at a time and uses the pool it is given inside.
#ifndef STILLPOINT_SIM_H
#define STILLPOINT_SIM_H

#include <stillpoint/base.h>
#include <stillpoint/json.h>
#include <stillpoint/rig.h>

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

// The scene's effective settings, complete, as JSON. The caller owns the result.
sp_json *sp_sim_settings(const sp_sim *sim);

#ifdef __cplusplus
}
#endif
#endif
