#include "render_measure.h"

const bench_scene bench_scenes[BENCH_SCENES] = {
    {"playback", 300000, 1920, 1080, 0.75},
    {"training", 50000, 800, 532, 1.5},
    {"athlete crop", 30000, 200, 300, 1.0},
};

typedef struct bench_work {
    sp_renderer *renderer;
    sp_image d_rgb;
    sp_splat_cloud gradient;
} bench_work;

static int open_work(bench_work *w, sp_image *rgb, const bench_scene *scene, const sp_splat_cloud *cloud,
                     sp_kernels kernels, sp_pool *pool)
{
    sp_render_params params = sp_render_params_default();
    params.kernels = kernels;
    int code = sp_renderer_open(&w->renderer, &params, pool);
    if (!code)
        code = sp_image_init(rgb, scene->width, scene->height, 3);
    if (!code)
        code = sp_image_init(&w->d_rgb, scene->width, scene->height, 3);
    if (!code)
        code = sp_splat_cloud_init(&w->gradient, cloud->capacity, cloud->sh_degree);
    if (code)
        return code;
    w->gradient.count = cloud->count;
    sp_rng rng = sp_rng_seed(5, 0);
    for (size_t k = 0; k < 3 * (size_t)scene->width * (size_t)scene->height; k++)
        w->d_rgb.data[k] = (float)sp_rng_normal(&rng);
    return 0;
}

static int run_once(bench_timing *best, bench_work *w, const bench_scene *scene, const sp_splat_cloud *cloud)
{
    sp_camera camera = bench_camera(scene->width, scene->height, 0.6);
    sp_render_target target = {.rgb = &best->rgb};
    double start = sp_time_s();
    int code = sp_renderer_draw(w->renderer, cloud, &camera, &target);
    double drawn = sp_time_s();
    sp_render_stats stats;
    sp_renderer_stats(w->renderer, &stats);
    if (!code)
        code = sp_renderer_backward(w->renderer, cloud, &w->d_rgb, NULL, &w->gradient, NULL, NULL);
    double end = sp_time_s();
    if (drawn - start < best->forward_s) {
        best->forward_s = drawn - start;
        best->stats = stats;
    }
    if (end - drawn < best->backward_s)
        best->backward_s = end - drawn;
    return code;
}

int bench_measure(bench_timing *out, const bench_scene *scene, const sp_splat_cloud *cloud,
                  sp_kernels kernels, sp_pool *pool, int repeats)
{
    bench_work w = {0};
    *out = (bench_timing){0};
    int code = open_work(&w, &out->rgb, scene, cloud, kernels, pool);
    for (int k = 0; k <= repeats && !code; k++) {
        if (k <= 1)
            out->forward_s = out->backward_s = 1e9; // what warmed up does not count
        code = run_once(out, &w, scene, cloud);
    }
    sp_renderer_close(&w.renderer);
    sp_image_free(&w.d_rgb);
    sp_splat_cloud_free(&w.gradient);
    return code;
}
