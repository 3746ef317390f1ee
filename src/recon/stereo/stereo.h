// Depth of the empty venue from neighbouring plates: PatchMatch stereo with slanted planes.
// Views that should agree and do not cost more (Xu and Tao, "Multi-Scale Geometric Consistency Guided
// Multi-View Stereo", CVPR 2019). Sources: Bleyer, Rhemann, Rother, "PatchMatch Stereo", BMVC 2011; Galliani,
// Lasinger, Schindler, "Massively Parallel Multiview Stereopsis by Surface Normal Diffusion", ICCV 2015
// (checkerboard propagation).
#ifndef RECON_STEREO_H
#define RECON_STEREO_H

#include "window.h"

#include <stillpoint/image.h>
#include <stillpoint/rig.h>

// A pinhole view at working resolution.
typedef struct recon_stereo_view {
    sp_camera camera;
    sp_image rgb;      // owned by whoever made it
    sp_image grey;     // 1 channel
    recon_quads quads; // of grey
    uint8_t *hidden;   // per pixel 1 where the picture does not show the venue; NULL: it does everywhere
} recon_stereo_view;

// Pictures, grey ones, quads, flags and the array itself (nullable).
void recon_stereo_views_free(recon_stereo_view *views, int count);

// A match that costs more is not believed.
#define RECON_BELIEVABLE_COST 0.7f

// Per pixel a plane through the surface. depth is z in the camera, metres; the normal is in camera axes and
// faces the camera; cost is 1 - NCC of the other views that match best, plus what their colours and own
// depths differ: 0 perfect, 1 undecided (also: a plane nearer or farther would do as well), 2 nothing to
// compare with.
typedef struct recon_depth_map {
    int width, height;
    float *depth, *normal[3], *cost;
    float *memory;
} recon_depth_map;

typedef struct recon_stereo_params {
    double near_m, far_m;  // depths considered
    double distance_m;     // usual distance of what is looked at: tells parallax from baselines; 0: unknown
    sp_vec3 focus;         // the middle of it
    double floor_radius_m; // the plane Z = 0 is tried within this distance of floor_x, floor_y
    double floor_x, floor_y;
    bool holds_action;      // something is in the middle, which is otherwise taken to be empty
    double action_radius_m; // the cylinder over floor_x, floor_y in which athletes move and venues are mostly
                            // empty
    bool is_apart;          // views are so far apart that hardly any surface looks the same from two of them
    int iterations, first_iteration; // how many; how many came before: the steps of refinement shrink
    uint64_t seed;
    const recon_depth_map *start; // one per view, of this size or smaller: where to begin and what others
                                  // should agree with; NULL: begin anywhere
    double done_from, done_to;    // of all stereo, before and after this view: for progress
} recon_stereo_params;

// The depth map of views[index], initialised here. The same for any number of threads.
int recon_stereo(recon_depth_map *out, const recon_stereo_view *views, int count, int index,
                 const recon_stereo_params *params, sp_pool *pool, const sp_progress *progress);
// All zero.
int recon_depth_map_init(recon_depth_map *map, int width, int height);
void recon_depth_map_free(recon_depth_map *map);

// Unprojection: the world point of pixel (x, y) (centres at .5) at a depth.
sp_vec3 recon_world_point(const sp_camera *pinhole, double x, double y, double depth);

#endif
