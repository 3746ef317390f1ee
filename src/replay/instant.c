#include "instant.h"
#include "borrow.h"
#include "cloud.h"
#include "mattes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Instants that are closer than this to each other are one.
#define SAME_INSTANT_S 1e-6

// However late it is, a body must come of it.
#define LEAST_BUDGET_S 0.5
// The first look, by the cameras that can be relied on, when others borrow from it: steps, and share of the
// time.
#define COARSE_ITERATIONS 60
#define COARSE_SHARE 0.4

// Mattes that were made with the plate as it was loaded serve where that is still the stand's.
static void take_handed(replay_instant *instant, double (*gains)[6])
{
    for (int i = 0; instant->handed.count && i < instant->set.count; i++) {
        int camera = instant->set.frames[i].camera_index;
        sp_image *handed = &instant->handed.mattes[camera];
        if (!handed->data || instant->stands[camera].plate.data)
            continue;
        instant->mattes[i] = *handed;
        *handed = (sp_image){0};
        memcpy(gains[i], instant->handed.gains[camera], sizeof gains[i]);
    }
}

static int matte_all(replay_instant *instant, const replay_plates *plates, double (*gains)[6], sp_pool *pool,
                     const sp_progress *progress)
{
    int count = instant->set.count;
    instant->mattes = sp_calloc((size_t)(count + instant->aside.count) + 1, sizeof *instant->mattes);
    int code = instant->mattes ? sp_progress_step(progress, "mattes", 0, count) : SP_ENOMEM;
    if (code == SP_OK)
        take_handed(instant, gains);
    if (code == SP_OK)
        code = replay_mattes(instant->mattes, gains, &instant->set, plates, instant->stands, pool);
    return code == SP_OK ? sp_progress_step(progress, "mattes", count, count) : code;
}

int replay_instant_see(replay_instant *instant, sp_take *take, const bool *chosen,
                       const replay_plates *plates, double (*gains)[6], sp_ledger *ledger, sp_pool *pool,
                       const sp_progress *progress)
{
    sp_ledger_begin(ledger, "frames");
    int code = sp_progress_step(progress, "frames", 0, 1);
    bool has_around = instant->needs_around || replay_around_matters(take, chosen);
    if (code == SP_OK && has_around)
        code = replay_around_frames(&instant->around, 0, take, chosen, instant->t_s, pool);
    if (code == SP_OK && !instant->set.frames)
        code = sp_take_frame_set(&instant->set, take, chosen, instant->t_s, pool);
    if (code == SP_OK && has_around)
        code = replay_around_frames(&instant->around, 1, take, chosen, instant->t_s, pool);
    if (code < 0)
        return code;
    sp_ledger_begin(ledger, "mattes");
    instant->camera_count = plates->count;
    instant->aside.frames = sp_calloc((size_t)instant->set.count + 1, sizeof *instant->aside.frames);
    code = instant->aside.frames
               ? replay_stands_find(&instant->stands, &instant->set, &instant->aside, plates, pool)
               : SP_ENOMEM;
    if (code == SP_OK)
        code = matte_all(instant, plates, gains, pool, progress);
    return code == SP_OK && has_around ? replay_around_matte(&instant->around, plates, instant->stands, pool)
                                       : code;
}

sp_view replay_view(const sp_frame *frame, const sp_camera *camera, const replay_plate *plate,
                    const replay_stand *stand, const sp_image *matte, const double gains[6], double t_s)
{
    sp_view view = {.camera = *camera,
                    .image = &frame->image,
                    .plate = stand->plate.data ? &stand->plate : &plate->image,
                    .matte = matte,
                    .dt_s = frame->t_s - t_s,
                    .exposure_s = frame->exposure_s};
    for (int k = 0; k < 6; k++)
        view.gains[k] = gains[k];
    return view;
}

static sp_view *views_of(const replay_instant *instant, const replay_plates *plates, double (*gains)[6])
{
    sp_view *views = sp_calloc((size_t)instant->set.count + 1, sizeof *views);
    for (int i = 0; views && i < instant->set.count; i++) {
        const sp_frame *frame = &instant->set.frames[i];
        views[i] =
            replay_view(frame, &frame->camera, &plates->plates[frame->camera_index],
                        &instant->stands[frame->camera_index], &instant->mattes[i], gains[i], instant->t_s);
    }
    return views;
}

static sp_recon_params recon_params(const replay_instant *instant, const sp_replay_params *params)
{
    sp_recon_params recon = sp_recon_params_default();
    recon.splats = params->splats;
    recon.seed = params->seed;
    recon.kernels = params->kernels;
    recon.iterations = params->iterations;
    recon.budget_s = params->iterations > 0 ? 0 : fmax(instant->deadline_s - sp_time_s(), LEAST_BUDGET_S);
    recon.watch = instant->watch;
    return recon;
}

// Cameras whose mattes cannot be relied on get theirs from what the others make of the instant.
static int borrow(replay_instant *instant, const replay_plates *plates, double (*gains)[6],
                  const sp_splat_cloud *warm, double warm_dt_s, const sp_replay_params *params, sp_pool *pool,
                  const sp_progress *progress)
{
    bool *is_weak = sp_calloc((size_t)instant->set.count + 1, sizeof *is_weak);
    sp_view *views = is_weak ? views_of(instant, plates, gains) : NULL;
    int weak = 0, code = views ? SP_OK : SP_ENOMEM;
    if (code == SP_OK)
        code = replay_borrow_who(is_weak, &weak, instant, plates, views, pool);
    if (code == SP_OK && weak + instant->aside.count > 0) {
        for (int i = 0; i < instant->set.count; i++)
            views[i].matte = is_weak[i] ? NULL : views[i].matte;
        sp_recon_params recon = recon_params(instant, params);
        recon.iterations =
            recon.iterations > 0 ? (int)fmin(recon.iterations, COARSE_ITERATIONS) : COARSE_ITERATIONS;
        recon.budget_s *= COARSE_SHARE;
        recon.warm_dt_s = warm_dt_s;
        sp_recon_report report = {0};
        code = sp_recon_athlete(&instant->cloud, &report, views, instant->set.count, warm, &recon, pool,
                                progress);
        if (code == SP_OK && instant->cloud.count > 0)
            code = replay_borrow(instant, is_weak, report.floor.shadow_splats, gains, params->kernels, pool);
        if (code == SP_OK)
            code = replay_drop_shadow(&instant->cloud, report.floor.shadow_splats);
        sp_recon_report_free(&report);
    }
    free(views);
    free(is_weak);
    return code;
}

int replay_instant_check(const replay_instant *instant)
{
    int count = instant->set.count;
    return count < 2 ? sp_error(SP_EINVAL, "at %.3f s only %d camera%s a frame; at least two are needed",
                                instant->t_s, count, count == 1 ? " has" : "s have")
                     : SP_OK;
}

int replay_instant_solve(replay_instant *instant, const replay_plates *plates, double (*gains)[6],
                         const sp_splat_cloud *warm, double warm_dt_s, const sp_replay_params *params,
                         sp_ledger *ledger, sp_pool *pool, const sp_progress *progress)
{
    int code = replay_instant_check(instant);
    if (code < 0)
        return code;
    sp_ledger_begin(ledger, "athlete");
    code = instant->venue ? borrow(instant, plates, gains, warm, warm_dt_s, params, pool, progress) : SP_OK;
    sp_splat_cloud coarse = instant->cloud;
    instant->cloud = (sp_splat_cloud){0};
    sp_recon_params recon = recon_params(instant, params);
    recon.warm_dt_s = coarse.count > 0 ? 0 : warm_dt_s;
    sp_view *views = code == SP_OK ? views_of(instant, plates, gains) : NULL, *neighbours = NULL;
    if (code == SP_OK && !views)
        code = SP_ENOMEM;
    if (code == SP_OK)
        code = replay_around_views(&neighbours, &recon.neighbour_count, &recon.before_count, &instant->around,
                                   &instant->set, plates, instant->stands);
    recon.neighbours = recon.neighbour_count ? neighbours : NULL;
    if (code == SP_OK)
        code = sp_recon_athlete(&instant->cloud, &instant->report, views, instant->set.count,
                                coarse.count > 0 ? &coarse : warm, &recon, pool, progress);
    sp_splat_cloud_free(&coarse);
    free(neighbours);
    free(views);
    return code < 0 ? sp_error_context(code, "at %.3f s", instant->t_s) : code;
}

// The frames of a side of the done one are the next one's own.
static int hand_set(replay_instant *next, replay_instant *done, int side)
{
    size_t cameras = (size_t)done->camera_count;
    replay_around *around = &done->around;
    replay_handed *handed = &next->handed;
    handed->mattes = sp_calloc(cameras, sizeof *handed->mattes);
    handed->gains = sp_calloc(cameras, sizeof *handed->gains);
    if (!handed->mattes || !handed->gains)
        return SP_ENOMEM;
    handed->count = done->camera_count;
    for (int i = 0; i < around->sets[side].count; i++) {
        int camera = around->sets[side].frames[i].camera_index;
        if (done->stands[camera].plate.data)
            continue;
        handed->mattes[camera] = around->mattes[side][i];
        around->mattes[side][i] = (sp_image){0};
        memcpy(handed->gains[camera], around->gains[side][i], sizeof handed->gains[camera]);
    }
    next->set = around->sets[side];
    around->sets[side] = (sp_frame_set){0};
    free(around->mattes[side]);
    around->mattes[side] = NULL;
    return SP_OK;
}

int replay_instant_hand_on(replay_instant *next, replay_instant *done, double (*gains)[6], double interval_s)
{
    int side = next->t_s > done->t_s, back = 1 - side;
    replay_around *around = &next->around;
    bool is_neighbour = fabs(fabs(next->t_s - done->t_s) - interval_s) < SAME_INSTANT_S;
    bool has_mattes = done->mattes && done->around.mattes[side];
    for (int i = 0; has_mattes && i < done->camera_count; i++)
        has_mattes = !done->stands[i].is_borrowed; // which are neither its own nor those of the others
    if (!is_neighbour || !has_mattes || !done->around.sets[side].count)
        return SP_OK;
    around->gains[back] = sp_calloc((size_t)done->set.count + 1, sizeof *around->gains[back]);
    if (!around->gains[back])
        return SP_ENOMEM;
    memcpy(around->gains[back], gains, (size_t)done->set.count * sizeof *gains);
    around->mattes[back] = done->mattes;
    around->sets[back] = done->set;
    done->mattes = NULL;
    done->set = (sp_frame_set){0};
    return hand_set(next, done, side);
}

void replay_instant_forget(replay_instant *instant)
{
    for (int i = 0; instant->mattes && i < instant->set.count; i++)
        sp_image_free(&instant->mattes[i]);
    free(instant->mattes);
    instant->mattes = NULL;
    for (int i = 0; i < instant->handed.count; i++)
        sp_image_free(&instant->handed.mattes[i]);
    free(instant->handed.mattes);
    free(instant->handed.gains);
    instant->handed = (replay_handed){0};
    replay_around_free(&instant->around);
    replay_stands_free(&instant->stands, instant->camera_count);
    sp_frame_set_free(&instant->set);
    sp_frame_set_free(&instant->aside);
    instant->set = instant->aside = (sp_frame_set){0};
}

void replay_instant_free(replay_instant *instant)
{
    replay_instant_forget(instant);
    sp_splat_cloud_free(&instant->cloud);
    sp_recon_report_free(&instant->report);
}
