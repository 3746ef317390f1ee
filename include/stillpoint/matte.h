// Plates and mattes: what the empty venue looks like, and how much of a pixel is athlete. Floor 3.
// Threads: functions touch only their arguments, and the pool they are given.
#ifndef STILLPOINT_MATTE_H
#define STILLPOINT_MATTE_H

#include <stillpoint/image.h>
#include <stillpoint/rig.h>

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

// ---- Whether a camera still stands as it stood when its plate was taken

// A plate that shows less than this of its camera's picture shows something else.
#define SP_PLATE_ALIKE 0.3

typedef struct sp_plate_fit {
    sp_mat3 turn;    // the camera's axes now from those of the plate: identity where it stands
    double moved_px; // how far the turn moves what the camera sees, mean over the picture; 0: it stands
    double alike;    // share of the plate's textured patches that the picture shows (turned) as well, 0..1
} sp_plate_fit;

// Compare a picture with its camera's plate (RGB, the camera's size): has the camera been turned in between
// (by some degrees at most), and is it the same place at all? The camera's own position is taken not to have
// changed, and light and athlete do not count.
int sp_plate_fit_find(sp_plate_fit *out, const sp_image8 *image, const sp_image8 *plate,
                      const sp_camera *camera);
// The camera as it stands now.
sp_camera sp_plate_fit_camera(const sp_plate_fit *fit, const sp_camera *camera);
// The plate (and its spread, which may be NULL) as the turned camera would see it; spread_out is
// SP_PLATE_UNSEEN where the plate ends. The caller owns both.
int sp_plate_fit_turn(sp_image8 *out, sp_image *spread_out, const sp_plate_fit *fit, const sp_image8 *plate,
                      const sp_image *spread, const sp_camera *camera);

#ifdef __cplusplus
}
#endif
#endif
