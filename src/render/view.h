// What every backend is told about one picture, and the constants that define the answer.
#ifndef RENDER_VIEW_H
#define RENDER_VIEW_H

#include <stillpoint/render.h>

// A splat never hides all of what is behind it, so that gradients stay finite.
#define RENDER_OPACITY_MAX 0.999
// Opacity-aware extents need a positive cut-off; smaller ones are taken as this.
#define RENDER_CUTOFF_MIN 1e-12

// A view. Pixel centres lie at .5; rotation and translation are cam_from_world.
typedef struct render_view {
    int left, top, width, height; // the window of the camera's picture that is drawn
    sp_lens lens;
    double fx, fy, cx, cy;
    double distortion[5]; // zero for a pinhole
    double lens_limit;    // how far from the axis splats are drawn, as sp_lens_limit() counts it
    double rotation[9], translation[3];
    double center[3]; // of the camera, in the world
    double alpha_cutoff, transmittance_stop, low_pass_px2, near_m;
    bool antialias;
    double gains[6];       // 3 gains, 3 offsets: what the camera makes of the cloud's colours
    double dt_s;           // splats are drawn where they are after so long ...
    const float *velocity; // ... at these velocities: 3 rows of the cloud's stride; NULL: none moves
    const float *behind;   // a row: how much farther away splats are sorted; NULL: where they are
} render_view;

// Per splat and pixel block, what the backward pass of blending sums up.
enum {
    RENDER_SUM_MEAN_X, // d(loss)/d(projected centre)
    RENDER_SUM_MEAN_Y,
    RENDER_SUM_COV_XX, // d(loss)/d(projected covariance) as a symmetric matrix
    RENDER_SUM_COV_XY,
    RENDER_SUM_COV_YY,
    RENDER_SUM_LOG_OPACITY, // d(loss)/d(ln opacity)
    RENDER_SUM_RED,
    RENDER_SUM_GREEN,
    RENDER_SUM_BLUE,
    RENDER_SUM_ABS_X, // the first two in absolute value
    RENDER_SUM_ABS_Y,
    RENDER_SUMS,
};

#endif
