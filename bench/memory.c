// What the renderer keeps in memory, per splat, pixel and pair of splat and tile: the heap is looked at
// before and after a draw and its gradient, and a sum of the three is fitted to several scenes. Pictures,
// clouds and gradients are the caller's and do not count.
#include "bench.h"
#include "fit.h"
#include "render_measure.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
static int heap_bytes(double *out)
{
    struct mallinfo2 info = mallinfo2();
    *out = (double)info.uordblks + (double)info.hblkhd;
    return 0;
}
#else
static int heap_bytes(double *out)
{
    (void)out;
    return sp_error(SP_ENOTSUP, "only the GNU C library, from 2.33 on, says how much memory is in use");
}
#endif

typedef struct usage {
    double bytes[2];   // after a draw; after its gradient too
    double columns[3]; // splats, pixels, pairs
} usage;

static int measure_usage(usage *out, bench_context *c, const bench_scene *scene)
{
    sp_splat_cloud cloud = {0}, gradient = {0};
    sp_image rgb = {0}, d_rgb = {0};
    sp_camera camera;
    sp_renderer *renderer = NULL;
    sp_render_target target = {.rgb = &rgb};
    sp_render_stats stats;
    double before = 0, drawn = 0, all = 0;
    int code = bench_scene_open(&cloud, &camera, c, scene);
    if (!code)
        code = sp_image_init(&rgb, camera.width, camera.height, 3);
    if (!code)
        code = sp_image_init(&d_rgb, camera.width, camera.height, 3);
    if (!code)
        code = sp_splat_cloud_init(&gradient, cloud.capacity, cloud.sh_degree);
    if (!code)
        code = heap_bytes(&before);
    if (!code)
        code = sp_renderer_open(&renderer, NULL, c->pool);
    if (!code)
        code = sp_renderer_draw(renderer, &cloud, &camera, &target);
    if (!code)
        code = heap_bytes(&drawn);
    gradient.count = cloud.count;
    if (!code)
        code =
            sp_renderer_backward(renderer, &cloud, &d_rgb, NULL, &(sp_render_gradient){.cloud = &gradient});
    if (!code)
        code = heap_bytes(&all);
    if (!code) {
        sp_renderer_stats(renderer, &stats);
        *out =
            (usage){{drawn - before, all - before},
                    {(double)cloud.count, (double)camera.width * camera.height, (double)stats.pairs_binned}};
    }
    sp_renderer_close(&renderer);
    sp_image_free(&rgb);
    sp_image_free(&d_rgb);
    sp_splat_cloud_free(&cloud);
    sp_splat_cloud_free(&gradient);
    return code;
}

enum { CASES = 8 };

static int fit_usage(double per[2][3], const usage *u)
{
    double rows[CASES][3], bytes[CASES];
    int code = 0;
    for (int j = 0; j < 2 && !code; j++) {
        for (int k = 0; k < CASES; k++) {
            for (int a = 0; a < 3; a++)
                rows[k][a] = u[k].columns[a];
            bytes[k] = u[k].bytes[j];
        }
        code = bench_fit_three(per[j], (const double(*)[3])rows, bytes, CASES);
    }
    return code;
}

static int add_usage(sp_json *result, const double per[2][3], const usage *playback)
{
    static const char *const keys[2] = {"frame", "frame_and_gradient"};
    static const char *const names[3] = {"bytes_per_splat", "bytes_per_pixel", "bytes_per_pair"};
    int code = 0;
    for (int j = 0; j < 2 && !code; j++) {
        sp_json *out = sp_json_object();
        if (!out)
            return SP_ENOMEM;
        for (int a = 0; a < 3; a++)
            sp_json_set_number(out, names[a], per[j][a]);
        sp_json_set_number(out, "playback_bytes", playback->bytes[j]);
        code = sp_json_set(result, keys[j], &out);
    }
    return code;
}

int bench_memory(bench_context *c, sp_json *result)
{
    usage u[CASES], playback;
    double per[2][3];
    int code = 0;
    for (int k = 0; k < CASES && !code; k++) {
        bench_scene scene = bench_scenes[BENCH_PLAYBACK];
        scene.splats = k & 1 ? 300000 : 75000;
        scene.width = k & 2 ? 1920 : 960;
        scene.height = k & 2 ? 1080 : 540;
        scene.look.overlap = k & 4 ? 1.6 : 0.8;
        code = sp_progress_step(c->progress, "memory", k, CASES);
        if (!code)
            code = measure_usage(&u[k], c, &scene);
    }
    if (!code)
        code = measure_usage(&playback, c, &bench_scenes[BENCH_PLAYBACK]);
    if (!code)
        code = fit_usage(per, u);
    if (code)
        return code;
    bench_say(c, "memory of the renderer          bytes a splat  a pixel  a pair   MiB for '%s'\n",
              bench_scenes[BENCH_PLAYBACK].name);
    for (int j = 0; j < 2; j++)
        bench_say(c, "  %-28s %14.1f %8.1f %7.1f %10.1f\n", j ? "a frame and its gradient" : "a frame",
                  per[j][0], per[j][1], per[j][2], playback.bytes[j] / 1048576);
    bench_say(c, "  pairs of '%s': %.1f a splat, %.2f a pixel\n", bench_scenes[BENCH_PLAYBACK].name,
              playback.columns[2] / playback.columns[0], playback.columns[2] / playback.columns[1]);
    return add_usage(result, (const double(*)[3])per, &playback);
}
