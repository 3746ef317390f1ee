// The last resort: a whole scene at one instant, athlete and venue in one cloud. Internal to replay.
#ifndef REPLAY_WHOLE_H
#define REPLAY_WHOLE_H

#include "instant.h"

// Decode the frames at instant->t_s (stage "frames"); nothing is told apart in them.
int replay_whole_see(replay_instant *instant, sp_take *take, const bool *chosen, const replay_plates *plates,
                     double (*gains)[6], sp_ledger *ledger, sp_pool *pool, const sp_progress *progress);
// Reconstruct it as the empty venue is from plates (stage "scene"), within params->background_s. The
// instant's cloud holds everything.
int replay_whole_solve(replay_instant *instant, const sp_replay_params *params, sp_ledger *ledger,
                       sp_pool *pool, const sp_progress *progress);

#endif
