// Splats to pixels, and gradients back. Floor 3.
// Threads: a renderer serves one thread at a time and uses the pool it was opened with; clouds are only read.
// Method: EWA splatting (Zwicker et al. 2001) as in Kerbl et al. 2023, from the papers: each splat is
// projected by the local affine approximation of the camera with its lens, sorted by depth (a fisheye: by
// distance), and blended front to back.
// A splat adds min(opacity, 0.999) * exp(-q/2) of gain * max(colour, 0) + offset to a pixel. It is not drawn
// when its centre is nearer than near_m or where the lens model does not answer (sp_lens_limit()), or within
// three of its own deviations (along the view) of the camera's plane; farther than 55
// degrees off the axis, by the tangent t of its angle, sqrt(4 t^2 - 7) times as many: there the affine
// approximation smears it over the picture (a fisheye: within three deviations of the camera, along the ray).
// The vector kernels agree with the plain reference: pixels to 2e-4 of the picture's level for all but 0.2%
// of them, gradients to 5e-4 of a row's level for all but 0.5% of the splats, where a contribution crosses
// the cut-off or two splats change places by a rounding; the camera's gradient, a sum over all splats, to
// 2e-3 but for those. The same kernels give the same bits for any number of threads.
#ifndef STILLPOINT_RENDER_H
#define STILLPOINT_RENDER_H

#include <stillpoint/image.h>
#include <stillpoint/rig.h>
#include <stillpoint/splat.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sp_renderer sp_renderer;

typedef enum sp_kernels {
    SP_KERNELS_AUTO,      // the best that sp_cpu_detect() allows
    SP_KERNELS_REFERENCE, // plain C: the definition of the answer
    SP_KERNELS_BASELINE,  // the vector source compiled for the baseline
    SP_KERNELS_AVX2,
    SP_KERNELS_AVX512,
} sp_kernels;

typedef struct sp_render_params {
    sp_kernels kernels;       // default AUTO
    float alpha_cutoff;       // contributions below this are skipped (default 1/255)
    float transmittance_stop; // a block of 4x4 pixels (counted from the picture's corner) is finished when
                              // less than this shines through each of them (default 1e-4)
    float low_pass_px2;       // added to the projected covariance's diagonal (default 0.3)
    float near_m;             // splats nearer than this are not drawn (default 0.05)
    bool antialias; // splats that low_pass_px2 widens fade as much (default false): the 2D Mip filter of
                    // Yu et al. 2024, opacity times sqrt(det(covariance) / det(covariance + low pass))
} sp_render_params;
sp_render_params sp_render_params_default(void);

// Create a renderer; pool may be NULL (one thread) and must outlive it. The caller owns *out.
// SP_ENOTSUP: the processor lacks the kernels that were asked for.
int sp_renderer_open(sp_renderer **out, const sp_render_params *params, sp_pool *pool);
void sp_renderer_close(sp_renderer **renderer);
const char *sp_renderer_kernels(const sp_renderer *renderer); // "reference", "baseline", "avx2", "avx512"

// What to draw into: pictures of the window's size; those that are NULL are not wanted. The window's pixels
// are bit by bit those of the whole picture where its edges are multiples of 4 px or the picture's own;
// blocks that other edges cut may be finished sooner, which changes less than transmittance_stop.
typedef struct sp_render_target {
    sp_image *rgb;    // 3 channels: sum of contributions plus transmittance times under
    sp_image *alpha;  // 1 channel: 1 - transmittance
    sp_image *depth;  // 1 channel: z in the camera weighted by contribution (metres times alpha, not divided)
    sp_image *normal; // 3 channels: the splats' thinnest axes in the world, turned towards the camera,
                      // weighted by contribution (times alpha, not normalised)
    const sp_image *under; // 3 channels: what lies behind the cloud, as the camera sees it; NULL: black
    sp_rect window;        // of the camera's picture, within it; width 0: all of it
    const double *gains;   // 3 gains, 3 offsets of R G B: the camera sees gain * colour + offset of each
                           // splat's colour; NULL: 1 1 1 0 0 0
    const float *velocity; // metres a second: 3 rows of the cloud's capacity, 64-byte aligned; NULL: none ...
    double dt_s;           // ... moves; else splats are drawn at position + velocity * dt_s
    const float *behind_m; // metres, 0 or more: an entry a splat of the cloud's capacity, 64-byte aligned, by
                           // which it is sorted (not drawn) farther away; NULL: none is. Gradients ignore it
} sp_render_target;

// Draw the cloud as the camera sees it, through its lens.
int sp_renderer_draw(sp_renderer *renderer, const sp_splat_cloud *cloud, const sp_camera *camera,
                     sp_render_target *target);

// d(loss)/d(what a rig and a clock know of the camera).
typedef struct sp_camera_gradient {
    // Of a small turn w and shift v of the camera's pose: rotation' = exp([w]) rotation, translation' =
    // translation + v, [w] being the matrix of the cross product with w.
    double rotation[3], translation[3];
    double fx, fy, cx, cy;
    double distortion[5]; // zero for a pinhole
    double dt_s;     // of the target's dt_s; the velocities' own gradient is dt_s times that of the positions
    double gains[6]; // of the target's gains
} sp_camera_gradient;

// What sp_renderer_backward() adds to (+=), but for visible. NULL is not wanted.
typedef struct sp_render_gradient {
    sp_splat_cloud *cloud; // never NULL; same count, capacity and degree as the cloud: d(loss)/d(row)
    float *screen;         // count entries: norm of d(loss)/d(projected centre in px), summed over its pixels
                           // in absolute value (AbsGS)
    uint8_t *visible;      // count entries: set to 1 for splats that were drawn, else left alone
    sp_camera_gradient *camera;
} sp_render_gradient;

// Gradients of a loss with respect to every parameter of the cloud and the camera, after a draw of the same
// cloud through this renderer (SP_EINVAL otherwise); rgb, and alpha where d_alpha is given, must have been
// drawn; their pixels, those of under and the velocities must still be there. d_rgb (3 channels) and d_alpha
// (1 channel; nullable): d(loss)/d(pixel).
int sp_renderer_backward(sp_renderer *renderer, const sp_splat_cloud *cloud, const sp_image *d_rgb,
                         const sp_image *d_alpha, const sp_render_gradient *gradient);

// Seconds of the last draw/backward by step, and what was counted, for benchmarks.
typedef struct sp_render_stats {
    double cull_s, project_s, sort_s, bin_s, blend_s, backward_s;
    int64_t visible, pairs_binned, pairs_tested, pairs_blended;
} sp_render_stats;
void sp_renderer_stats(const sp_renderer *renderer, sp_render_stats *out);

#ifdef __cplusplus
}
#endif
#endif
