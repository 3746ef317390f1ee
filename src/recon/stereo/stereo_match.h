// How well pictures of other views match a plane through a pixel of one.
#ifndef RECON_STEREO_MATCH_H
#define RECON_STEREO_MATCH_H

#include "stereo.h"

#include <math.h>

#define RECON_SOURCES 4

// Another view that the depth of one is told from.
typedef struct recon_source {
    const recon_stereo_view *view;
    const recon_depth_map *known; // its depth so far; NULL none
    float shrink[2];              // pixels of that map per pixel of the view
    float r[9], t[3];             // source pixels (homogeneous) from the reference camera: K_s R, K_s t
    float eye[3];                 // its centre, in the reference camera
} recon_source;

typedef struct recon_matcher {
    const recon_stereo_view *ref;
    recon_source sources[RECON_SOURCES];
    int source_count;
    float per_pixel[2]; // 1 / fx, 1 / fy of the reference
    recon_window_cost *window_cost;
} recon_matcher;

// A plane through a pixel: unit normal in camera axes, and depth at the pixel.
typedef struct recon_patch {
    float n[3], depth;
} recon_patch;

// A pixel to find the plane of: what all planes through its ray have in common.
typedef struct recon_spot {
    float ray[3];
    recon_window window;
    float rgb[3];
    float centre[RECON_SOURCES][3]; // K_s R ray: the pixel in each source if it lay infinitely far
} recon_spot;

// Choose the sources of views[index]. distance_m: recon_stereo_params; known: one map per view, or NULL.
void recon_matcher_open(recon_matcher *out, const recon_stereo_view *views, int count, int index,
                        double distance_m, const recon_depth_map *known);

// The ray of picture coordinates (centres at .5): z is 1.
void recon_ray_at(float ray[3], const sp_camera *pinhole, float x, float y);
void recon_spot_at(recon_spot *out, const recon_matcher *matcher, int x, int y);

// As recon_depth_map.cost; RECON_COST_NOTHING where no source looks there.
float recon_match_cost(const recon_matcher *matcher, const recon_spot *at, const recon_patch *plane);

// The share of a point's depth that moves it by as many pixels in every source as makes it another one.
float recon_telling_step(const recon_matcher *matcher, const recon_spot *at, float depth);

static inline float recon_dot3(const float a[3], const float b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

// Planes seen more obliquely than 87 degrees have no meaningful window.
static inline bool recon_is_plausible(const recon_patch *p, const float ray[3], double near_m, double far_m)
{
    return p->depth > near_m && p->depth < far_m &&
           -recon_dot3(p->n, ray) > 0.05f * sqrtf(recon_dot3(ray, ray));
}

#endif
