#include "whole.h"

#include <stdint.h>
#include <stdlib.h>

int replay_whole_see(replay_instant *instant, sp_take *take, const bool *chosen, const replay_plates *plates,
                     double (*gains)[6], sp_ledger *ledger, sp_pool *pool, const sp_progress *progress)
{
    sp_ledger_begin(ledger, "frames");
    int code = sp_progress_step(progress, "frames", 0, 1);
    if (code == SP_OK)
        code = sp_take_frame_set(&instant->set, take, chosen, instant->t_s, pool);
    if (code < 0)
        return code;
    int count = instant->set.count;
    instant->camera_count = plates->count;
    instant->stands = sp_calloc((size_t)plates->count + 1, sizeof *instant->stands);
    instant->mattes = sp_calloc((size_t)count + 1, sizeof *instant->mattes);
    code = instant->stands && instant->mattes ? SP_OK : SP_ENOMEM;
    for (int i = 0; i < count && code == SP_OK; i++) {
        const sp_image8 *image = &instant->set.frames[i].image;
        for (int k = 0; k < 6; k++)
            gains[i][k] = k < 3;
        code = sp_image_init(&instant->mattes[i], image->width, image->height, 1);
        size_t pixels = (size_t)image->width * (size_t)image->height;
        for (size_t p = 0; p < pixels && code == SP_OK; p++)
            instant->mattes[i].data[p] = 1;
    }
    return code;
}

// A scene has no floor of its own for an athlete to stand on: what he does to it is in the scene.
static int see(void *context, const sp_splat_cloud *cloud, double seconds, int iterations)
{
    const sp_athlete_watch *watch = context;
    const sp_floor floor = {0};
    return watch->see(watch->context, cloud, &floor, seconds, iterations);
}

int replay_whole_solve(replay_instant *instant, const sp_replay_params *params, sp_ledger *ledger,
                       sp_pool *pool, const sp_progress *progress)
{
    int count = instant->set.count, code = replay_instant_check(instant);
    if (code < 0)
        return code;
    sp_view *views = sp_calloc((size_t)count, sizeof *views);
    if (!views)
        return SP_ENOMEM;
    for (int i = 0; i < count; i++)
        views[i] = (sp_view){.camera = instant->set.frames[i].camera,
                             .image = &instant->set.frames[i].image,
                             .gains = {1, 1, 1, 0, 0, 0}};
    sp_background_params scene = sp_background_params_default();
    scene.splats = params->background_splats;
    scene.budget_s = params->iterations > 0 ? 0 : params->background_s;
    scene.iterations = params->iterations;
    scene.seed = params->seed;
    scene.kernels = params->kernels;
    scene.holds_action = true;
    sp_recon_watch watch = {.see = see, .context = (void *)(uintptr_t)instant->watch};
    if (instant->watch) {
        watch.every_s = instant->watch->every_s;
        scene.watch = &watch;
    }
    if (params->iterations == 0 && scene.budget_s <= 0)
        scene.budget_s = params->instant_s;
    sp_ledger_begin(ledger, "scene");
    code = sp_recon_background(&instant->cloud, &instant->report, views, count, &scene, pool, progress);
    free(views);
    return code < 0 ? sp_error_context(code, "at %.3f s", instant->t_s) : code;
}
