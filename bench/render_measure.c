#include "render_measure.h"

int bench_work_open(bench_work *w, bench_timing *timing, const sp_camera *camera, const sp_splat_cloud *cloud,
                    sp_kernels kernels, sp_pool *pool)
{
    sp_render_params params = sp_render_params_default();
    params.kernels = kernels;
    *w = (bench_work){.cloud = cloud, .camera = *camera};
    *timing = (bench_timing){0};
    bench_work_restart(timing);
    int code = sp_renderer_open(&w->renderer, &params, pool);
    if (!code)
        code = sp_image_init(&timing->rgb, camera->width, camera->height, 3);
    if (!code)
        code = sp_image_init(&w->d_rgb, camera->width, camera->height, 3);
    if (!code)
        code = sp_splat_cloud_init(&w->gradient, cloud->capacity, cloud->sh_degree);
    if (code)
        return code;
    w->gradient.count = cloud->count;
    sp_rng rng = sp_rng_seed(5, 0);
    for (size_t k = 0; k < 3 * (size_t)camera->width * (size_t)camera->height; k++)
        w->d_rgb.data[k] = (float)sp_rng_normal(&rng);
    return 0;
}

int bench_work_run(bench_work *w, bench_timing *best)
{
    sp_render_target target = {.rgb = &best->rgb};
    double start = sp_time_s();
    int code = sp_renderer_draw(w->renderer, w->cloud, &w->camera, &target);
    double drawn = sp_time_s();
    sp_render_stats stats;
    sp_renderer_stats(w->renderer, &stats);
    sp_render_gradient gradient = {.cloud = &w->gradient};
    if (!code)
        code = sp_renderer_backward(w->renderer, w->cloud, &w->d_rgb, NULL, &gradient);
    double end = sp_time_s();
    if (drawn - start < best->forward_s) {
        best->forward_s = drawn - start;
        best->stats = stats;
    }
    if (end - drawn < best->backward_s)
        best->backward_s = end - drawn;
    return code;
}

void bench_work_restart(bench_timing *timing)
{
    timing->forward_s = timing->backward_s = 1e9;
}

void bench_work_end(bench_work *w)
{
    sp_renderer_close(&w->renderer);
    sp_image_free(&w->d_rgb);
    sp_splat_cloud_free(&w->gradient);
}

int bench_measure(bench_timing *out, const sp_camera *camera, const sp_splat_cloud *cloud, sp_kernels kernels,
                  sp_pool *pool, int repeats)
{
    bench_work w;
    int code = bench_work_open(&w, out, camera, cloud, kernels, pool);
    for (int k = 0; k <= repeats && !code; k++) {
        if (k == 1)
            bench_work_restart(out);
        code = bench_work_run(&w, out);
    }
    bench_work_end(&w);
    return code;
}
