// What a run is asked to work on, checked before any work. Internal to replay.
#ifndef REPLAY_CHOOSE_H
#define REPLAY_CHOOSE_H

#include <stillpoint/replay.h>

// Which cameras take part; fails when fewer than `least` do. chosen: the caller's to free().
int replay_choose(bool **chosen, int *count, const sp_take *take, const sp_camera_choice *choice, int least);

// SP_EINVAL names the first instant outside the footage of the chosen cameras, and the span.
int replay_check_times(const double *times_s, int count, sp_take *take, const bool *chosen);

#endif
