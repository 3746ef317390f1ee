#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const bench benches[] = {
    {"render",
     "a frame by step, and its gradient, at every level of vector code that\n"
     "            this processor has, against the plain reference with as many threads",
     true, bench_render},
    {"step", "a step of the optimiser: drawing, loss, gradient, Adam and the rest", true, bench_step},
    {"scaling", "threads, and cost against splats, pixels and overdraw; with -o a plot", true, bench_scaling},
    {"memory", "bytes of the renderer per splat, pixel and pair of splat and tile", true, bench_memory},
    {"train", "PSNR at every 8th still of --scene against seconds of training with the others", false,
     bench_train},
    {"picture",
     "takes of --data and simulated ones, with and without faults, through the\n"
     "            program's own commands: scores at cameras that took no part, seconds, memory;\n"
     "            with -o contact sheets, plots, table.md",
     false, bench_picture},
};
const int bench_count = sizeof benches / sizeof *benches;

const bench_scene bench_scenes[BENCH_SCENES] = {
    [BENCH_PLAYBACK] = {"playback", 300000, 1920, 1080, {0.8, 0, 1.5}, false},
    [BENCH_TRAINING] = {"training", 50000, 800, 532, {1.65, -1.5, 1.5}, false},
    [BENCH_ATHLETE] = {"athlete", 30000, 200, 300, {1.5, 0, 1.5}, true},
};

void bench_say(const bench_context *context, const char *format, ...)
{
    if (context->is_silent)
        return;
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    fflush(stdout);
}

int bench_truth(const sp_splat_cloud **out, bench_context *context)
{
    double splats = ceil(context->scale * context->scale * BENCH_TRUTH_SPLATS);
    int code = 0;
    if (!context->truth.count)
        code = bench_venue_truth(&context->truth, (size_t)splats, context->pool, context->progress);
    if (!code)
        *out = &context->truth;
    return code;
}

static int keep_athlete(sp_splat_cloud *out, const sp_splat_cloud *truth)
{
    uint8_t *keep = sp_calloc(truth->count, 1);
    int code = keep ? sp_splat_cloud_copy(out, truth) : SP_ENOMEM;
    for (size_t i = bench_venue_athlete(truth); i < truth->count && keep; i++)
        keep[i] = 1;
    if (!code)
        sp_splat_cloud_filter(out, keep);
    free(keep);
    return code;
}

int bench_scene_open(sp_splat_cloud *cloud, sp_camera *camera, bench_context *context,
                     const bench_scene *scene)
{
    const double angle = 0.6, scale = context->scale;
    const sp_splat_cloud *truth = NULL;
    sp_splat_cloud athlete = {0};
    int width = (int)ceil(scale * scene->width), height = (int)ceil(scale * scene->height);
    size_t splats = (size_t)ceil(scale * scale * (double)scene->splats);
    int code = bench_truth(&truth, context);
    if (!code && scene->is_athlete) {
        code = keep_athlete(&athlete, truth);
        truth = &athlete;
    }
    if (!code && splats > truth->count)
        code = sp_error(SP_EINVAL, "the scene '%s' has no more than %zu splats; ask for a smaller --scale",
                        scene->name, truth->count);
    if (!code)
        code = bench_venue_trained(cloud, truth, splats, &scene->look, context->seed);
    sp_splat_cloud_free(&athlete);
    if (code)
        return code;
    if (scene->is_athlete) {
        sp_camera whole = bench_venue_orbit((int)ceil(scale * 1280), (int)ceil(scale * 720), angle);
        *camera =
            sp_camera_cropped(&whole, (int)(0.45 * whole.width), (int)(0.03 * whole.height), width, height);
    } else {
        *camera = bench_venue_orbit(width, height, angle);
    }
    return 0;
}

void bench_context_end(bench_context *context)
{
    sp_splat_cloud_free(&context->truth);
}
