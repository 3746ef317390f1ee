// Which cameras do not fit the others. Internal to replay.
#ifndef REPLAY_SUSPECTS_H
#define REPLAY_SUSPECTS_H

#include <stillpoint/replay.h>

// From how well each camera's matte agrees with the hull of all (0..1; NaN: it took no part), those that fall
// out of the row: below the median by more than four deviations, told robustly by the median of absolute ones
// (Rousseeuw and Croux 1993), and by at least a tenth. With fewer than four cameras none, since nobody can
// say which of them is wrong.
void replay_judge(bool *is_suspect, double *median, const double *agreement, int count);

// [{"camera", "reason"}] from the rows of a moment's report ("agreement" and "covered": {ID: 0..1}; NULL:
// none yet), each camera by its mean over them; then those that did not stand as they stood for their plate
// ("stands"). The caller owns *out.
int replay_suspects(sp_json **out, sp_json *const *rows, int count, const sp_rig *rig);

#endif
