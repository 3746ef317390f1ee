// The venue's cloud from the plates, and how it looks at the cameras that were held out. Internal to replay.
#ifndef REPLAY_VENUE_H
#define REPLAY_VENUE_H

#include "plates.h"

// Reconstruct the venue from the plates (and the take's points) but for those held out (params->hold_out),
// and score it at these. begin_s (sp_time_s) is where the seconds of the report's curve begin. report is
// freed by sp_prepare_report_free(), also after a failure.
int replay_venue_make(sp_splat_cloud *out, sp_prepare_report *report, const sp_take *take,
                      const replay_plates *plates, const sp_replay_params *params, double begin_s,
                      sp_pool *pool, const sp_progress *progress);

// Which plates are held out: every hold_out-th of those that are there, beginning with the first.
bool replay_is_held_out(const replay_plates *plates, int index, int hold_out);

#endif
