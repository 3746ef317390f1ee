// Which cameras of a rig are meant. Internal to replay.
#ifndef REPLAY_PICK_H
#define REPLAY_PICK_H

#include <stillpoint/replay.h>

// picked[i] for each camera of the rig; only: ids, NULL-terminated, or NULL for all. The caller free()s
// *picked.
int replay_pick(bool **picked, const sp_rig *rig, const char *const *only);
// The cameras of any importable file or take; foreign formats are turned into our world as `own` was.
int replay_rig_from(sp_rig *out, const char *path, const sp_rig *own);

#endif
