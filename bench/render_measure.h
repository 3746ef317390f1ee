// Times of drawing and gradient of one scene at one level of kernels.
#ifndef BENCH_RENDER_MEASURE_H
#define BENCH_RENDER_MEASURE_H

#include "render_scene.h"

typedef struct bench_scene {
    const char *name;
    size_t splats;
    int width, height;
    double density; // of bench_venue()
} bench_scene;

// A frame of a clip, a training step on a whole picture, a training step on the athlete's crop.
enum { BENCH_SCENES = 3 };
extern const bench_scene bench_scenes[BENCH_SCENES];

typedef struct bench_timing {
    double forward_s, backward_s; // the best of the repeats
    sp_render_stats stats;        // of the fastest draw
    sp_image rgb;                 // what was drawn
} bench_timing;

// One draw and gradient to warm up, then repeats of both. The caller ends *out with sp_image_free(&out->rgb).
int bench_measure(bench_timing *out, const bench_scene *scene, const sp_splat_cloud *cloud,
                  sp_kernels kernels, sp_pool *pool, int repeats);

#endif
