// Plates and mattes: what the empty venue looks like, and how much of a pixel is athlete. Floor 3.
// Threads: functions touch only their arguments, and the pool they are given.
#ifndef STILLPOINT_MATTE_H
#define STILLPOINT_MATTE_H

#include <stillpoint/image.h>

#ifdef __cplusplus
extern "C" {
#endif

// The spread of pixels at which no sample showed the venue.
#define SP_PLATE_UNSEEN 0.5f

// Estimate the plate of a static camera from samples of its feed (same size, RGB, in order of time; at most
// 64 of them, evenly chosen, are looked at). Per pixel, clusters of colours as tight as the feed's noise are
// candidates; the one is chosen whose samples agree with its neighbours' about when the athlete covers them,
// so that an athlete who stands most of the time does not stay as long as he comes or goes. Exposure drift
// between the samples is levelled. spread (nullable) receives per pixel the deviation of the samples that
// show the venue, 0..1, one channel: how little the plate can be trusted. Where no sample shows it the plate
// is filled smoothly from around and the spread is SP_PLATE_UNSEEN.
int sp_plate_estimate(sp_image8 *plate, sp_image *spread, const sp_image8 *samples, int count, sp_pool *pool);

typedef struct sp_matte_params {
    double noise; // deviation of sensor and compression noise, 0..1; 0: measured from image against plate
                  // (default)
    bool match_exposure;  // fit gain and offset per channel to follow exposure drift (default true)
    bool suppress_shadow; // soft shadows are not athlete (default true)
    double feather_px;    // softness of the edge (default 1)
} sp_matte_params;
sp_matte_params sp_matte_params_default(void);

// The matte of image (RGB) against plate (same size): one channel, 0..1. gains (nullable): 3 gains and 3
// offsets that turn the plate into the image's exposure (image = gain * plate + offset). spread (nullable):
// of the plate.
int sp_matte(sp_image *out, double gains[6], const sp_image8 *image, const sp_image8 *plate,
             const sp_image *spread, const sp_matte_params *params, sp_pool *pool);

#ifdef __cplusplus
}
#endif
#endif
