// From an undistorted drawing to the picture of a distorted camera.
#ifndef RENDER_WARP_H
#define RENDER_WARP_H

#include <stillpoint/render.h>

// A pinhole picture, the camera it stands in for, and where each of that camera's pixels lies in it. Kept as
// long as the camera stays the same.
typedef struct render_warp {
    sp_camera camera, pinhole;
    double max_fov_rad;
    float *map; // x then y, of the camera's size; NULL before the first use
    sp_image rgb, alpha, depth;
} render_warp;

// Make *warp fit the camera. Returns 0 or a negative code.
int render_warp_prepare(render_warp *warp, const sp_camera *camera, double max_fov_rad);

// Resample (Catmull-Rom) what was drawn into the warp's pictures and lay it over target->under.
void render_warp_apply(const render_warp *warp, const sp_render_target *target, sp_pool *pool);

void render_warp_free(render_warp *warp);

#endif
