// Direction: how the viewpoint moves, and the clip. Floor 5.
// Threads: functions touch only their arguments, and the pool they are given.
#ifndef STILLPOINT_DIRECT_H
#define STILLPOINT_DIRECT_H

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
