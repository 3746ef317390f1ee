// Pictures: the empty venue once per camera, then what moves.
#ifndef SIM_PICTURE_H
#define SIM_PICTURE_H

#include "cast.h"

#include <stillpoint/image.h>
#include <stillpoint/rig.h>

// The empty venue as one camera sees it.
typedef struct sim_plate {
    sp_camera camera;
    sp_vec3 center;
    float *ray;      // unit directions at pixel corners, (height + 1) x (width + 1) x 3
    float *radiance; // linear RGB, pixel by pixel
    float *sunlit;   // the part of it that the sun gives
    float *distance; // along the ray through the pixel's centre, metres; 0: sky
    float tone[3];   // exposure and white balance of this camera
} sim_plate;

int sim_plate_open(sim_plate *out, const sim_world *world, const sim_stage *stage, const sp_camera *camera,
                   int samples, sp_pool *pool);
void sim_plate_close(sim_plate *plate);
sp_vec3 sim_plate_ray(const sim_plate *plate, double x, double y);
// sRGB bytes of the plate, with its tone.
void sim_plate_encode(uint8_t *rgb, const sim_plate *plate);
uint8_t sim_encode(double linear);

// What one exposure adds to a plate.
typedef struct sim_shot_output {
    uint8_t *rgb;    // holds the encoded plate on entry; what moves, and its shadow, are set into it
    float *matte;    // coverage 0..1, or NULL
    float *depth_mm; // planar, of the first surface at pixel centres in the middle of the exposure, or NULL
} sim_shot_output;

// seed tells pictures apart. scratch has one byte per 8x8 block (sim_shot_scratch()).
void sim_shot(sim_shot_output *out, const sim_plate *plate, const sim_stage *stage, const sim_actor *actor,
              int samples, uint32_t seed, uint8_t *scratch);
size_t sim_shot_scratch(const sp_camera *camera);

// Light that a surface sends towards `to_eye`; sun_open 0..1 and sky_open 0..1 say what reaches it. The sun's
// share goes to *sun.
sim_rgb sim_shade(sim_rgb *sun, const sim_light *light, const sim_surface *surface, sp_vec3 normal,
                  sp_vec3 to_eye, double sun_open, double sky_open);

#endif
