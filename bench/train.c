// A dense scene of stills: PSNR at pictures that took no part, against the seconds of training, from reading
// the pictures to the finished splats.
#include "bench.h"

#include <stillpoint/replay.h>

#include <math.h>
#include <stdlib.h>

#define HOLD_OUT 8
#define REDUCE 2
#define SPLATS 100000
#define BAR_FROM_DB 14
#define BAR_PER_DB 2
#define BAR_MOST 40
#define READING_SHARE 0.08 // of the seconds, for reading the pictures and writing the splats

// A take beside the temporary files, whose feeds are the calibration's pictures.
static int make_take(sp_take **out, char **folder, const char *calibration)
{
    sp_rig rig = {0};
    sp_take *take = NULL;
    const char *place = getenv("TMPDIR");
    char *path = sp_path_join(place && *place ? place : "/tmp", "stillpoint-train"), *aside = NULL;
    int code = path ? sp_rig_import(&rig, NULL, calibration, NULL) : SP_ENOMEM;
    if (!code)
        code = (aside = sp_file_aside(path)) ? sp_take_new(&take, "train", &rig, (sp_rational){1, 1})
                                             : SP_ENOMEM;
    for (int i = 0; i < rig.count && !code; i++)
        if (rig.images && rig.images[i] && sp_file_exists(rig.images[i]) &&
            !(take->feeds[i].feed = realpath(rig.images[i], NULL)))
            code = sp_error(SP_EIO, "%s cannot be found", rig.images[i]);
    if (!code)
        code = sp_take_save(take, aside);
    sp_rig_free(&rig);
    free(path);
    if (code) {
        sp_take_close(&take);
        free(aside);
        return code;
    }
    *out = take;
    *folder = aside;
    return SP_OK;
}

static void print(const bench_context *context, const sp_prepare_report *report)
{
    sp_score mean = sp_score_mean(report->scores, report->score_count);
    bench_say(context, "train: %s at half size, %d pictures held out\n  seconds   steps   splats  PSNR dB\n",
              context->scene, report->score_count);
    for (int i = 0; i < report->curve_count; i++) {
        const sp_curve_point *p = &report->curve[i];
        bench_say(context, "  %7.1f %7d %8lld %8.2f  %.*s\n", p->seconds, p->iterations, (long long)p->splats,
                  p->psnr, (int)fmin(fmax(BAR_PER_DB * (p->psnr - BAR_FROM_DB), 0), BAR_MOST),
                  "****************************************");
    }
    bench_say(context, "  SSIM %.4f\n", mean.ssim);
}

int bench_train(bench_context *context, sp_json *result)
{
    if (!context->scene) {
        bench_say(context, "train: no scene; name a calibration of stills with --scene\n");
        return SP_OK;
    }
    sp_take *take = NULL;
    char *folder = NULL;
    sp_prepare_report report = {0};
    sp_replay_params params = sp_replay_params_default();
    params.hold_out = HOLD_OUT;
    params.background_reduce = REDUCE;
    params.background_splats = SPLATS;
    params.background_s = context->seconds * (1 - READING_SHARE);
    params.seed = context->seed;
    int code = make_take(&take, &folder, context->scene);
    if (!code)
        code = sp_replay_prepare(&report, take, &params, NULL, context->pool, context->progress);
    sp_json *held = code ? NULL : sp_prepare_report_json(&report);
    if (!code)
        code = held ? sp_json_set(result, "held_out", &held) : SP_ENOMEM;
    if (!code)
        print(context, &report);
    sp_take_close(&take);
    if (folder)
        sp_folder_remove(folder);
    free(folder);
    sp_prepare_report_free(&report);
    return code;
}
