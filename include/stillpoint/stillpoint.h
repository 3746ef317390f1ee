// Everything that Stillpoint promises, one header per module in floor order.
#ifndef STILLPOINT_STILLPOINT_H
#define STILLPOINT_STILLPOINT_H

#include <stillpoint/base.h>
#include <stillpoint/math.h>
#include <stillpoint/json.h>
#include <stillpoint/image.h>
#include <stillpoint/canvas.h>
#include <stillpoint/media.h>
#include <stillpoint/rig.h>
#include <stillpoint/splat.h>
#include <stillpoint/take.h>
#include <stillpoint/matte.h>
#include <stillpoint/render.h>
#include <stillpoint/recon.h>
#include <stillpoint/sim.h>
#include <stillpoint/direct.h>
#include <stillpoint/calibrate.h>
#include <stillpoint/replay.h>

#endif
