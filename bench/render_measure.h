// Times of drawing and gradient of one scene at one level of kernels.
#ifndef BENCH_RENDER_MEASURE_H
#define BENCH_RENDER_MEASURE_H

#include <stillpoint/render.h>

typedef struct bench_timing {
    double forward_s, backward_s; // the best of the repeats
    sp_render_stats stats;        // of the fastest draw
    sp_image rgb;                 // what was drawn
} bench_timing;

// A renderer with what it draws into, and a gradient.
typedef struct bench_work {
    const sp_splat_cloud *cloud;
    sp_camera camera;
    sp_renderer *renderer;
    sp_image d_rgb;
    sp_splat_cloud gradient;
} bench_work;

// cloud must stay until bench_work_end(), which is called after a failure too. timing->rgb is the caller's.
int bench_work_open(bench_work *work, bench_timing *timing, const sp_camera *camera,
                    const sp_splat_cloud *cloud, sp_kernels kernels, sp_pool *pool);
// One draw, and its gradient; what was faster than before is kept.
int bench_work_run(bench_work *work, bench_timing *timing);
// Forget the times, after what warmed up.
void bench_work_restart(bench_timing *timing);
void bench_work_end(bench_work *work);

// One run to warm up, then repeats of it. The caller ends *out with sp_image_free(&out->rgb).
int bench_measure(bench_timing *out, const sp_camera *camera, const sp_splat_cloud *cloud, sp_kernels kernels,
                  sp_pool *pool, int repeats);

#endif
