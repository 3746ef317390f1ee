#include <stdio.h>
#include <stdlib.h>

#include "choose.h"
#include "draw.h"
#include "fill.h"
#include "folder.h"
#include "plates.h"
#include "report.h"
#include "sheet.h"
#include "venue.h"

bool sp_replay_is_prepared(const sp_take *take, const sp_replay_params *params)
{
    bool *chosen = sp_calloc((size_t)take->rig.count, sizeof *chosen);
    if (!chosen || sp_take_choose(chosen, take, &params->cameras) < 0) {
        free(chosen);
        return false;
    }
    bool is_there = true;
    for (int i = 0; i <= take->rig.count && is_there; i++) {
        bool is_wanted = i < take->rig.count ? chosen[i] : params->background_s > 0;
        char *path = i < take->rig.count
                         ? replay_path(take->folder, "background/plates/%s.png", take->rig.cameras[i].id)
                         : replay_path(take->folder, "background/venue.ply");
        is_there = !is_wanted || (path && sp_file_exists(path));
        free(path);
    }
    free(chosen);
    return is_there;
}

// ---- Preview: each plate beside the cloud from the same camera

static int add_tiles(replay_sheet *sheet, const replay_plate *plate, bool is_held, sp_renderer *renderer,
                     const sp_splat_cloud *cloud)
{
    char caption[SP_ID_MAX + 32];
    snprintf(caption, sizeof caption, "%s, plate %s%s", plate->camera.id, replay_plate_origin(plate),
             is_held ? ", held out" : "");
    int code = replay_sheet_add(sheet, &plate->image, caption);
    if (code < 0 || !renderer)
        return code;
    sp_image8 picture = {0};
    code = replay_draw(&picture, renderer, cloud, &plate->camera, false);
    if (code == SP_OK) {
        snprintf(caption, sizeof caption, "%s, background", plate->camera.id);
        code = replay_sheet_add(sheet, &picture, caption);
    }
    sp_image8_free(&picture);
    return code;
}

static int save_preview(const char *folder, const replay_plates *plates, const sp_splat_cloud *cloud,
                        const sp_replay_params *params, sp_pool *pool, const sp_progress *progress)
{
    sp_renderer *renderer = NULL;
    replay_sheet sheet = {0};
    const sp_camera *first = NULL;
    for (int i = 0; i < plates->count && !first; i++)
        first = plates->plates[i].image.data ? &plates->plates[i].camera : NULL;
    int code = cloud ? replay_renderer(&renderer, params->kernels, pool) : SP_OK;
    if (code == SP_OK)
        code = replay_sheet_open(&sheet, (cloud ? 2 : 1) * plates->used, 4,
                                 (double)first->width / first->height);
    int done = 0;
    for (int i = 0; i < plates->count && code == SP_OK; i++) {
        if (!plates->plates[i].image.data)
            continue;
        code = add_tiles(&sheet, &plates->plates[i], replay_is_held_out(plates, i, params->hold_out),
                         renderer, cloud);
        if (code == SP_OK)
            code = sp_progress_step(progress, "preview", ++done, plates->used);
    }
    char *path = replay_path(folder, "preview.jpg");
    if (code == SP_OK)
        code = path ? replay_sheet_save(&sheet, path) : SP_ENOMEM;
    free(path);
    replay_sheet_close(&sheet);
    sp_renderer_close(&renderer);
    return code;
}

// ---- Report

static int save_report(const char *folder, const replay_plates *plates, const sp_prepare_report *made,
                       const sp_replay_params *params, const sp_ledger *ledger)
{
    sp_json *report = replay_report_new("prepare"), *cameras = sp_json_array();
    int code = report && cameras ? SP_OK : SP_ENOMEM;
    for (int i = 0; i < plates->count && code == SP_OK; i++) {
        const replay_plate *plate = &plates->plates[i];
        if (!plate->image.data)
            continue;
        sp_json *row = sp_json_object();
        double size[2] = {plate->camera.width, plate->camera.height};
        code = row ? sp_json_set_string(row, "id", plate->camera.id) : SP_ENOMEM;
        if (code == SP_OK)
            code = sp_json_set_string(row, "plate", replay_plate_origin(plate));
        if (code == SP_OK)
            code = sp_json_set_numbers(row, "size_px", size, 2);
        if (code == SP_OK && !plate->is_given && !plate->is_still)
            code = sp_json_set_number(row, "unseen", plate->unseen);
        if (code == SP_OK && plate->filled > 0)
            code = sp_json_set_number(row, "filled", plate->filled);
        if (code == SP_OK && (plate->is_given || plate->is_replaced))
            code = sp_json_set_number(row, "alike", plate->alike);
        if (code == SP_OK && plate->moved_px > 0)
            code = sp_json_set_number(row, "moved_px", plate->moved_px);
        if (code == SP_OK)
            code = sp_json_append(cameras, &row);
        sp_json_free(&row);
    }
    if (code == SP_OK)
        code = sp_json_set(report, "cameras", &cameras);
    if (code == SP_OK)
        code = sp_json_set_int(report, "splats", made->splats);
    sp_json *held = code == SP_OK && made->score_count ? sp_prepare_report_json(made) : NULL;
    if (code == SP_OK && made->score_count)
        code = held ? sp_json_set(report, "held_out", &held) : SP_ENOMEM;
    sp_json *settings = code == SP_OK ? sp_replay_params_json(params) : NULL;
    if (code == SP_OK)
        code = settings ? sp_json_set(report, "settings", &settings) : SP_ENOMEM;
    if (code == SP_OK)
        code = replay_report_save(&report, ledger, folder);
    sp_json_free(&cameras);
    sp_json_free(&report);
    return code;
}

// ---- All of it

static int prepare_into(const char *folder, sp_prepare_report *report, sp_take *take, const bool *chosen,
                        const sp_replay_params *params, sp_ledger *ledger, sp_pool *pool,
                        const sp_progress *progress)
{
    double begin_s = sp_time_s();
    replay_plates plates = {0};
    sp_splat_cloud cloud = {0};
    bool has_cloud = params->background_s > 0;
    char *plate_folder = replay_path(folder, "plates"), *venue = replay_path(folder, "venue.ply");
    int code = plate_folder && venue ? SP_OK : SP_ENOMEM;

    sp_ledger_begin(ledger, "plates");
    if (code == SP_OK)
        code = replay_plates_make(&plates, take, chosen, params->plate_samples, pool, progress);

    if (code == SP_OK && has_cloud) {
        sp_ledger_begin(ledger, "background");
        code = replay_venue_make(&cloud, report, take, &plates, params, begin_s, pool, progress);
        if (code == SP_OK)
            code = sp_splat_save(&cloud, venue);
        if (code == SP_OK)
            code = replay_plates_fill(&plates, &cloud, params->kernels, pool);
    }
    sp_ledger_begin(ledger, "plates");
    if (code == SP_OK)
        code = replay_plates_save(&plates, plate_folder, pool);
    if (code == SP_OK) {
        sp_ledger_begin(ledger, "preview");
        code = save_preview(folder, &plates, has_cloud ? &cloud : NULL, params, pool, progress);
    }
    sp_ledger_end(ledger);
    if (code == SP_OK)
        code = save_report(folder, &plates, report, params, ledger);
    free(plate_folder);
    free(venue);
    sp_splat_cloud_free(&cloud);
    replay_plates_free(&plates);
    return code;
}

int sp_replay_prepare(sp_prepare_report *report, sp_take *take, const sp_replay_params *params,
                      sp_ledger *ledger, sp_pool *pool, const sp_progress *progress)
{
    sp_prepare_report made = {0};
    bool *chosen;
    int count;
    int code = replay_choose(&chosen, &count, take, &params->cameras, 2);
    if (code < 0)
        return code;
    char *folder = replay_path(take->folder, "background"), *aside = NULL;
    code = folder ? replay_folder_begin(&aside, folder) : SP_ENOMEM;
    if (code == SP_OK)
        code = prepare_into(aside, &made, take, chosen, params, ledger, pool, progress);
    if (code == SP_OK)
        code = replay_folder_commit(aside, folder);
    if (code < 0)
        replay_folder_discard(aside);
    if (code == SP_OK && report)
        *report = made;
    else
        sp_prepare_report_free(&made);
    free(aside);
    free(folder);
    free(chosen);
    return code;
}
