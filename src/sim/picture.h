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
    float *mirrored; // the part of it that a polished floor mirrors of the venue; NULL: nothing is polished
    float *distance; // along the ray through the pixel's centre, metres; 0: sky
    float tone[3];   // exposure and white balance of this camera
} sim_plate;

int sim_plate_open(sim_plate *out, const sim_world *world, const sim_stage *stage, const sp_camera *camera,
                   int samples, sp_pool *pool);
void sim_plate_close(sim_plate *plate);
sp_vec3 sim_plate_ray(const sim_plate *plate, double x, double y);
// sRGB bytes of the plate, with its tone, under so many times the light, and the sun's part of it.
void sim_plate_encode(uint8_t *rgb, const sim_plate *plate, double light, double sun);
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

// Where a ray met the venue.
typedef struct sim_spot {
    sp_vec3 at, normal; // the normal on the side that the ray came from
    sp_vec3 off;        // a little above the surface, for rays that leave it
    int paint;
} sim_spot;
void sim_spot_find(sim_spot *out, const sim_venue *venue, const sim_ray *ray, const sim_hit *hit);
// Whether a sample of the sun is seen from there (0 or 1), and how open a sample of the sky is (1, or 0.25
// where something stands close by). a and b are numbers in [0, 1).
double sim_spot_sun(const sim_spot *spot, const sim_stage *stage, const sim_light *light, double a, double b);
double sim_spot_sky(const sim_spot *spot, const sim_stage *stage, double a, double b);
// The share of sky that the athlete's body hides from a point of the venue, 0..0.75.
double sim_actor_closes(const sim_actor *actor, sp_vec3 p);
// What the athlete's surface sends back along a ray that met it. a and b, in [0, 1), choose the sample of the
// sun; footprint_m is the size of a pixel there.
sim_rgb sim_skin_light(sp_vec3 *normal, const sim_actor *actor, const sim_stage *stage, const sim_ray *ray,
                       const sim_hit *hit, double footprint_m, double a, double b);

// Light that a surface sends towards `to_eye`; sun_open 0..1 and sky_open 0..1 say what reaches it. The sun's
// share goes to *sun.
sim_rgb sim_shade(sim_rgb *sun, const sim_light *light, const sim_surface *surface, sp_vec3 normal,
                  sp_vec3 to_eye, double sun_open, double sky_open);

#endif
