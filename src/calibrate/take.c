// Checking the rig of a take: its pictures and plates at one instant, and a folder that shows what was found.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <stillpoint/matte.h>
#include <stillpoint/media.h>

#include "parts.h"

enum { PLATE_SAMPLES = 20, PLATE_SAMPLES_MIN = 5 };

typedef struct instant {
    sp_frame_set set;
    sp_view *views;
    sp_image *mattes; // empty where there is no plate
    double t_s;
} instant;

static void instant_free(instant *in)
{
    for (int i = 0; in->mattes && i < in->set.count; i++)
        sp_image_free(&in->mattes[i]);
    free(in->mattes);
    free(in->views);
    sp_frame_set_free(&in->set);
}

// ---- Plates
// -------------------------------------------------------------------------------------------------

static int still_of(sp_image8 *out, const char *path)
{
    sp_source_params params = sp_source_params_default();
    sp_source *source;
    double t;
    int code = sp_source_open(&source, path, &params);
    if (code)
        return code;
    code = sp_source_at(source, 0, out, &t);
    sp_source_close(&source);
    return code;
}

// The plate that the take names, or that was prepared; NULL when there is neither. Free with free().
static char *plate_path(const sp_take *take, int camera)
{
    const sp_take_feed *feed = &take->feeds[camera];
    if (feed->plate)
        return sp_take_path(take, feed->plate);
    char *path = take->folder ? sp_format("%s/background/plates/%s.png", take->folder, feed->id) : NULL;
    if (path && sp_file_exists(path))
        return path;
    free(path);
    return NULL;
}

static int estimate(sp_image8 *out, sp_image *spread, sp_take *take, int camera, sp_pool *pool)
{
    sp_image8 *samples;
    sp_camera of;
    int count, code = sp_take_samples(&samples, &count, &of, take, camera, PLATE_SAMPLES);
    if (code)
        return code;
    if (count >= PLATE_SAMPLES_MIN)
        code = sp_plate_estimate(out, spread, samples, count, pool);
    for (int i = 0; i < count; i++)
        sp_image8_free(&samples[i]);
    free(samples);
    return code;
}

// Fills the view's matte where a plate of the feed's size is at hand.
static int find_matte(instant *in, int index, sp_take *take, sp_pool *pool)
{
    const sp_frame *frame = &in->set.frames[index];
    char *path = plate_path(take, frame->camera_index);
    sp_image8 plate = {0};
    sp_image spread = {0};
    int code = path ? still_of(&plate, path) : estimate(&plate, &spread, take, frame->camera_index, pool);
    if (!code && plate.data && (plate.width != frame->image.width || plate.height != frame->image.height)) {
        sp_log(SP_LOG_WARN,
               "camera '%s': its plate is %d x %d, its feed %d x %d; its silhouette is not checked",
               frame->camera.id, plate.width, plate.height, frame->image.width, frame->image.height);
        sp_image8_free(&plate);
    }
    if (!code && plate.data) {
        sp_matte_params params = sp_matte_params_default();
        code = sp_matte(&in->mattes[index], NULL, &frame->image, &plate, spread.data ? &spread : NULL,
                        &params, pool);
        if (!code)
            in->views[index].matte = &in->mattes[index];
    }
    sp_image_free(&spread);
    sp_image8_free(&plate);
    free(path);
    return code ? sp_error_context(code, "camera '%s'", frame->camera.id) : SP_OK;
}

static int load(instant *in, sp_take *take, const sp_camera_choice *choice, double t_s, sp_pool *pool,
                const sp_progress *progress)
{
    bool *chosen = sp_calloc((size_t)take->rig.count, sizeof *chosen);
    double begin, end;
    int code = chosen ? sp_take_choose(chosen, take, choice) : SP_ENOMEM;
    if (!code && isnan(t_s) && !(code = sp_take_span(&begin, &end, take, chosen)))
        t_s = isfinite(begin) && isfinite(end) ? 0.5 * (begin + end) : 0;
    in->t_s = t_s;
    if (!code)
        code = sp_take_frame_set(&in->set, take, chosen, t_s, pool);
    free(chosen);
    if (code)
        return code;
    in->views = sp_calloc((size_t)in->set.count + 1, sizeof *in->views);
    in->mattes = sp_calloc((size_t)in->set.count + 1, sizeof *in->mattes);
    if (!in->views || !in->mattes)
        return SP_ENOMEM;
    for (int i = 0; i < in->set.count && !code; i++) {
        in->views[i] = (sp_view){.camera = in->set.frames[i].camera, .image = &in->set.frames[i].image};
        if (!(code = sp_progress_step(progress, "plates", i, in->set.count)))
            code = find_matte(in, i, take, pool);
    }
    return code;
}

// ---- Output
// -------------------------------------------------------------------------------------------------

static int draw_maps(const char *folder, const sp_rig *rig, const sp_rig_check_report *report,
                     const sp_view *views)
{
    bool *suspect = sp_calloc((size_t)rig->count + 1, sizeof *suspect);
    int code = suspect ? SP_OK : SP_ENOMEM;
    for (int i = 0; suspect && i < rig->count; i++)
        for (int k = 0; k < report->count; k++)
            if (!strcmp(views[k].camera.id, rig->cameras[i].id))
                suspect[i] = report->cameras[k].is_suspect;
    static const char *const NAMES[] = {"map.svg", "map.png"};
    for (int i = 0; i < 2 && !code; i++) {
        char *path = sp_path_join(folder, NAMES[i]);
        code = path ? sp_rig_draw_map(rig, suspect, path) : SP_ENOMEM;
        free(path);
    }
    free(suspect);
    return code;
}

static int write_pictures(const char *folder, const sp_rig_check_report *report, const sp_view *views,
                          const sp_progress *progress)
{
    int code = SP_OK;
    for (int i = 0; i < report->count && !code; i++) {
        if ((code = sp_progress_step(progress, "pictures", i, report->count)))
            break;
        sp_image8 picture = {0};
        char *path = sp_format("%s/%s.jpg", folder, views[i].camera.id);
        code = path ? sp_rig_check_picture(&picture, report, views, report->count, i) : SP_ENOMEM;
        if (!code)
            code = sp_image8_save(&picture, path);
        sp_image8_free(&picture);
        free(path);
    }
    return code;
}

static int write_report(const char *folder, const sp_rig_check_report *report, const sp_view *views,
                        double t_s)
{
    sp_json *document = sp_rig_check_json(report, views);
    char *path = sp_path_join(folder, "report.json");
    int code = document && path ? sp_json_set_number(document, "t_s", t_s) : SP_ENOMEM;
    if (!code)
        code = sp_json_save(document, path);
    free(path);
    sp_json_free(&document);
    return code;
}

static int write_folder(const char *folder, const sp_rig *rig, const sp_rig_check_report *report,
                        const sp_view *views, double t_s, const sp_progress *progress)
{
    char *aside = sp_file_aside(folder);
    int code = aside ? sp_folder_make(aside) : SP_ENOMEM;
    if (!code && !(code = draw_maps(aside, rig, report, views)) &&
        !(code = write_pictures(aside, report, views, progress)) &&
        !(code = write_report(aside, report, views, t_s)) && !(code = sp_folder_remove(folder)))
        code = sp_file_commit(aside, folder);
    if (code && aside)
        sp_folder_remove(aside);
    free(aside);
    return code;
}

static int copy_ids(char ***out, const sp_view *views, int count)
{
    char **ids = sp_calloc((size_t)count + 1, sizeof *ids);
    for (int i = 0; ids && i < count; i++)
        if (!(ids[i] = sp_strdup(views[i].camera.id))) {
            sp_names_free(&ids, i);
            return SP_ENOMEM;
        }
    *out = ids;
    return ids ? SP_OK : SP_ENOMEM;
}

int sp_rig_check_take(sp_rig_check_report *out, char ***ids, const char *folder, sp_take *take,
                      const sp_camera_choice *choice, double t_s, const sp_check_params *params,
                      sp_pool *pool, const sp_progress *progress)
{
    instant in = {0};
    sp_rig_check_report report = {0};
    char **names = NULL;
    int code = load(&in, take, choice, t_s, pool, progress);
    if (!code)
        code = sp_rig_check(&report, in.views, in.set.count, params, pool, progress);
    if (!code && !(code = copy_ids(&names, in.views, in.set.count)))
        code = write_folder(folder, &take->rig, &report, in.views, in.t_s, progress);
    instant_free(&in);
    if (code || !out || !ids) {
        sp_names_free(&names, report.count);
        sp_rig_check_report_free(&report);
        return code;
    }
    *out = report;
    *ids = names;
    return SP_OK;
}
