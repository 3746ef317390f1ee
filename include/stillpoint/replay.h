// The whole pipeline: a take becomes a moment becomes a clip; evaluation; the ledger. Floor 6.
// Threads: functions touch only their arguments, and the pool they are given.
#ifndef STILLPOINT_REPLAY_H
#define STILLPOINT_REPLAY_H

#include <stillpoint/image.h>
#include <stillpoint/media.h>
#include <stillpoint/render.h>
#include <stillpoint/rig.h>
#include <stillpoint/splat.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __cplusplus
}
#endif
#endif
