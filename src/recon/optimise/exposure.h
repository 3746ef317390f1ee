// What a camera sees of moving splats while its shutter is open: the mean of pictures of moments spread over
// the exposure, and the gradient of that mean. Source of the model: a pixel integrates light over the
// exposure (Potmesil and Chakravarty, "Modeling Motion Blur in Computer-Generated Images", 1983).
//
// A splat that moves by L pixels could instead be drawn once, its projected covariance grown by L^2 / 12
// along the motion (the variance of a uniform distribution) and its opacity faded by the ratio of the areas.
// That is right for a splat that stands alone, but not for a surface: where n splats of opacity a lie over
// each other they let (1 - a)^n through, and faded ones let more through inside and less outside. A bar of
// three layers that moves by 8 px has its alpha wrong by 0.15 RMS with grown splats, by 0.013 with the mean
// of three moments.
#ifndef RECON_EXPOSURE_H
#define RECON_EXPOSURE_H

#include "flow.h"

#define RECON_MOST_MOMENTS 7

// How a view's splats and camera move meanwhile.
typedef struct recon_shutter {
    const float *velocity; // 3 rows of the cloud's capacity, 64-byte aligned; NULL: nothing moves
    double drift[3];   // that all splats have beside it, but for the view's own time: the camera has moved
                       // against it by so much already (recon_motion_shift)
    double dt_s;       // the middle of the exposure, from the cloud's time
    double clock_s;    // to be added to it: the view's clock is off, and the camera has not moved for that
    double exposure_s; // 0: one moment
    int moments;       // 1..RECON_MOST_MOMENTS, evenly spread over the exposure
} recon_shutter;

typedef struct recon_exposure {
    sp_renderer *renderers[RECON_MOST_MOMENTS]; // one a moment, opened when needed
    sp_render_params params;
    sp_pool *pool;
    // Of each moment, which its gradient needs; memory for most_pixels.
    sp_image rgb[RECON_MOST_MOMENTS], alpha[RECON_MOST_MOMENTS];
    sp_image d_rgb;       // the gradient of one moment
    const sp_image *mean; // the last draw's target, borrowed
    size_t most_pixels;
    recon_shutter shutter; // of the last draw
} recon_exposure;

// Pictures may have so many pixels at most. Ended by recon_exposure_close().
int recon_exposure_open(recon_exposure *out, const sp_render_params *params, size_t most_pixels,
                        sp_pool *pool);
void recon_exposure_close(recon_exposure *exposure);

// Moments that a motion of so many pixels needs: their pictures are then at most three pixels apart.
int recon_exposure_moments(double motion_px);

// The middle of moment k of n, from the middle of the exposure, in exposures: -0.5..0.5.
double recon_exposure_moment(int k, int n);

// As sp_renderer_draw(), through the shutter; target's rgb and alpha are wanted, its velocity and dt_s are
// set here.
int recon_exposure_draw(recon_exposure *exposure, const sp_splat_cloud *cloud, const sp_camera *camera,
                        sp_render_target *target, const recon_shutter *shutter);

// After that: d_alpha is d(loss)/d(alpha) against a matte, which is not soft as the mean of moments is, but
// has all places of which something is to be seen. Where it asks for more than can be seen already, it is
// believed as far as the moments agree.
void recon_exposure_doubt(const recon_exposure *exposure, sp_image *d_alpha);

// As sp_renderer_backward(), after that; the target's pictures must still be there. d_alpha is spoilt. flow
// (nullable) gathers d(loss)/d(its velocities); then gradient's cloud must have been 0.
int recon_exposure_backward(recon_exposure *exposure, const sp_splat_cloud *cloud, sp_image *d_rgb,
                            sp_image *d_alpha, const sp_render_gradient *gradient, recon_flow *flow);

#endif
