// What the parts of sp_replay_moment() share. Internal to replay.
#ifndef REPLAY_MOMENT_JOB_H
#define REPLAY_MOMENT_JOB_H

#include "instant.h"

typedef struct moment_job {
    const char *folder; // where it stands in the end
    char *aside;        // where it is written until a first result is whole; then NULL
    char *venue;        // path of its cloud; NULL: there is none
    sp_take *take;
    const sp_replay_params *params;
    bool *chosen;
    replay_plates plates;
    bool is_whole;      // no plate is of use: every instant is a whole scene by itself
    double begin_s;     // of the clock
    double (*gains)[6]; // of the instant at hand, one row per frame
    double *gain_sums;  // per camera of the rig: six sums over instants, then how many
    bool *has_seen;     // per camera of the rig: took part in some instant
    sp_moment *moment;  // with all instants that are wanted, by time
    bool *is_there;     // per instant: its cloud is on disk
    sp_json **rows;     // per instant of the report, NULL until it is done
    sp_json *updates;   // of the report
    sp_json *suspects;  // likewise: the cameras that do not fit the others at the instants so far
    int looks;          // at the first instant, so far
    sp_ledger *ledger;
    sp_pool *pool;
    const sp_progress *progress;
    char label[64]; // "2/5 "
} moment_job;

// ---- The folder (moment_folder.c)

// SP_EINVAL: it is something else than a moment.
int moment_folder_check(const char *folder);
// Where to write now.
const char *moment_folder(const moment_job *j);
// Bring moment.json and report.json up to what is there. The first time the whole folder is put in its place,
// later each file. iterations: of the instant that got better.
int moment_folder_publish(moment_job *j, sp_moment_state state, int64_t frame, int iterations);

// ---- The report (moment_report.c)

// What became of an instant, and whom those so far make suspects.
int moment_report_row(moment_job *j, int index, const replay_instant *instant);
int moment_report_update(moment_job *j, sp_moment_state state, int64_t frame, int iterations);
int moment_report_save(const moment_job *j);
// Name the suspects in the log.
int moment_report_warn(const moment_job *j);

// ---- Previews (moment_preview.c)

// The instant's pictures, what is not athlete darkened: mattes.jpg.
int moment_save_mattes(const moment_job *j, const replay_instant *instant);
// Athlete and venue as the camera that shows the athlete largest sees them: poster.jpg.
int moment_save_poster(const moment_job *j, const replay_instant *instant, const sp_splat_cloud *athlete,
                       const sp_floor *floor);

#endif
