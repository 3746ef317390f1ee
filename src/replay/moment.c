#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "choose.h"
#include "cloud.h"
#include "draw.h"
#include "folder.h"
#include "instant.h"
#include "light.h"
#include "report.h"
#include "sheet.h"

// What one call of sp_replay_moment works with.
typedef struct job {
    const char *folder; // where it will stand
    char *aside;        // where it is written
    sp_take *take;
    const sp_replay_params *params;
    bool *chosen;
    replay_plates plates;
    double (*gains)[6]; // of the instant at hand, one row per frame
    double *gain_sums;  // per camera of the rig: six sums over instants, then how many
    sp_moment *moment;
    sp_json *rows; // of the report
    sp_ledger *ledger;
    sp_pool *pool;
    const sp_progress *progress;
    char label[64]; // "2/5 "
} job;

// An instant further away than this says nothing about how the athlete stands now.
static const double near_s = 0.1;

// ---- Checks before any work

static int by_time(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int check_folder(const char *folder)
{
    if (!sp_file_exists(folder))
        return SP_OK;
    char *mark = replay_path(folder, "moment.json");
    bool is_moment = mark && sp_file_exists(mark);
    free(mark);
    if (is_moment)
        return SP_OK;
    char **names;
    int count;
    if (!sp_is_folder(folder))
        return sp_error(SP_EINVAL,
                        "%s is a file, so no moment can be written there; choose another name with -o",
                        folder);
    int code = sp_folder_list(&names, &count, folder);
    if (code < 0)
        return code;
    sp_names_free(&names, count);
    if (count > 0)
        return sp_error(SP_EINVAL, "%s is a folder of something else; choose another name with -o", folder);
    return SP_OK;
}

// ---- The moment being made

static int moment_begin(job *j, const double *times, int count)
{
    sp_moment *moment = sp_calloc(1, sizeof *moment);
    if (!moment)
        return SP_ENOMEM;
    j->moment = moment;
    const sp_take *take = j->take;
    moment->fps = take->fps;
    moment->seed = j->params->seed;
    moment->state = SP_MOMENT_FINAL;
    moment->folder = sp_strdup(j->aside);
    moment->take = replay_path_between(j->folder, take->folder);
    moment->settings = sp_replay_params_json(j->params);
    moment->instants = sp_calloc((size_t)count, sizeof *moment->instants);
    moment->cameras = sp_calloc((size_t)take->rig.count + 1, sizeof *moment->cameras);
    moment->gains = sp_calloc((size_t)take->rig.count, 6 * sizeof *moment->gains);
    if (!moment->folder || !moment->take || !moment->settings || !moment->instants || !moment->cameras ||
        !moment->gains)
        return SP_ENOMEM;
    char *venue = replay_path(take->folder, "background/venue.ply");
    int code = venue ? SP_OK : SP_ENOMEM;
    if (code == SP_OK && sp_file_exists(venue))
        code = (moment->background = replay_path_between(j->folder, venue)) ? SP_OK : SP_ENOMEM;
    free(venue);
    double fps = sp_rational_value(take->fps);
    for (int i = 0; i < count && code == SP_OK; i++) {
        sp_moment_instant *instant = &moment->instants[moment->count];
        int64_t frame = llround(times[i] * fps);
        if (moment->count > 0 && frame == instant[-1].frame)
            continue; // two instants of one frame would share a file
        instant->frame = frame;
        instant->t_s = times[i];
        instant->file = sp_format("athlete/%06lld.ply", (long long)frame);
        code = instant->file ? SP_OK : SP_ENOMEM;
        moment->count += code == SP_OK;
    }
    return code;
}

// Cameras that took part in any instant, with their mean colour correction.
static int moment_cameras(job *j)
{
    sp_moment *moment = j->moment;
    for (int i = 0; i < j->take->rig.count; i++) {
        const double *sums = j->gain_sums + 7 * i;
        if (sums[6] <= 0)
            continue;
        for (int k = 0; k < 6; k++)
            moment->gains[6 * moment->camera_count + k] = sums[k] / sums[6];
        char *id = sp_strdup(j->take->rig.cameras[i].id);
        if (!id)
            return SP_ENOMEM;
        moment->cameras[moment->camera_count++] = id;
    }
    return SP_OK;
}

static void add_gains(job *j, const replay_instant *instant)
{
    const sp_recon_report *report = &instant->report;
    for (int i = 0; i < instant->set.count; i++) {
        double *sums = j->gain_sums + 7 * instant->set.frames[i].camera_index;
        bool is_solved = report->gains && i < report->view_count;
        for (int k = 0; k < 6; k++)
            sums[k] += is_solved ? report->gains[6 * i + k] : j->gains[i][k];
        sums[6]++;
    }
}

// ---- Reports and previews

static int add_row(job *j, const replay_instant *instant)
{
    const sp_recon_report *report = &instant->report;
    sp_json *row = sp_json_object(), *agreement = sp_json_object();
    int code = row && agreement ? sp_json_set_int(row, "frame", instant->frame) : SP_ENOMEM;
    const struct {
        const char *key;
        double value;
    } numbers[] = {{"t_s", instant->t_s},
                   {"clean_s", report->clean_s},
                   {"hull_s", report->hull_s},
                   {"seed_s", report->seed_s},
                   {"optimise_s", report->optimise_s},
                   {"iterations", report->iterations},
                   {"splats", (double)instant->cloud.count},
                   {"loss_first", report->loss_first},
                   {"loss_last", report->loss_last}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers && code == SP_OK; i++)
        if (isfinite(numbers[i].value))
            code = sp_json_set_number(row, numbers[i].key, numbers[i].value);
    if (code == SP_OK)
        code = sp_json_set_numbers(row, "bounds_min_m", report->bounds_min, 3);
    if (code == SP_OK)
        code = sp_json_set_numbers(row, "bounds_max_m", report->bounds_max, 3);
    for (int i = 0; code == SP_OK && report->agreement && i < report->view_count && i < instant->set.count;
         i++)
        code = sp_json_set_number(agreement, j->take->rig.cameras[instant->set.frames[i].camera_index].id,
                                  report->agreement[i]);
    if (code == SP_OK)
        code = sp_json_set(row, "agreement", &agreement);
    if (code == SP_OK)
        code = sp_json_append(j->rows, &row);
    sp_json_free(&agreement);
    sp_json_free(&row);
    return code;
}

// What is not athlete, darkened, so that one sees at a glance what the matte took and what it left.
static int tinted(sp_image8 *out, const sp_image8 *image, const sp_image *matte)
{
    int code = sp_image8_copy(out, image);
    for (size_t i = 0; code == SP_OK && i < (size_t)image->width * (size_t)image->height; i++) {
        float share = 0.25f + 0.75f * matte->data[i];
        for (size_t k = 0; k < 3; k++)
            out->data[i * 3 + k] = (uint8_t)((float)out->data[i * 3 + k] * share);
    }
    return code;
}

static int save_mattes(const job *j, const replay_instant *instant)
{
    const sp_camera *first = &instant->set.frames[0].camera;
    replay_sheet sheet = {0};
    int code = replay_sheet_open(&sheet, instant->set.count, 4, (double)first->width / first->height);
    for (int i = 0; i < instant->set.count && code == SP_OK; i++) {
        const sp_frame *frame = &instant->set.frames[i];
        sp_image8 picture = {0};
        code = tinted(&picture, &frame->image, &instant->mattes[i]);
        char caption[SP_ID_MAX + 32];
        snprintf(caption, sizeof caption, "%s at %.3f s", frame->camera.id, frame->t_s);
        if (code == SP_OK)
            code = replay_sheet_add(&sheet, &picture, caption);
        sp_image8_free(&picture);
    }
    char *path = replay_path(j->aside, "mattes.jpg");
    if (code == SP_OK)
        code = path ? replay_sheet_save(&sheet, path) : SP_ENOMEM;
    free(path);
    replay_sheet_close(&sheet);
    return code;
}

// Athlete and venue as the camera that shows the athlete largest sees them.
static int save_poster(const job *j, const replay_instant *instant)
{
    sp_splat_cloud cloud = {0};
    sp_renderer *renderer = NULL;
    sp_image8 picture = {0};
    sp_box box = {{0, 0, 0}, {0, 0, 0}};
    char *venue = replay_path(j->take->folder, "background/venue.ply"),
         *path = replay_path(j->aside, "poster.jpg");
    int code = venue && path ? SP_OK : SP_ENOMEM;
    if (code == SP_OK)
        code = sp_file_exists(venue) ? sp_splat_load(&cloud, venue) : sp_splat_cloud_init(&cloud, 16, 0);
    if (code == SP_OK && instant->light)
        replay_light_cast(&cloud, instant->light);
    if (code == SP_OK)
        code = replay_append(&cloud, &instant->cloud);
    if (code == SP_OK && instant->cloud.count > 0)
        code = sp_box_of_cloud(&box, &instant->cloud);
    int best = 0;
    sp_camera *cameras = sp_calloc((size_t)instant->set.count, sizeof *cameras);
    if (code == SP_OK && !cameras)
        code = SP_ENOMEM;
    for (int i = 0; code == SP_OK && i < instant->set.count; i++)
        cameras[i] = instant->set.frames[i].camera;
    if (code == SP_OK)
        best = sp_orbit_start(cameras, instant->set.count, &box);
    if (code == SP_OK)
        code = replay_renderer(&renderer, j->params->kernels, j->pool);
    if (code == SP_OK)
        code = replay_draw(&picture, renderer, &cloud, &cameras[best], false);
    if (code == SP_OK)
        code = sp_image8_save(&picture, path);
    free(cameras);
    free(venue);
    free(path);
    sp_image8_free(&picture);
    sp_renderer_close(&renderer);
    sp_splat_cloud_free(&cloud);
    return code;
}

static int save_report(job *j)
{
    sp_json *report = replay_report_new("moment");
    int code = report ? sp_json_set(report, "instants", &j->rows) : SP_ENOMEM;
    if (code == SP_OK)
        code = replay_report_save(&report, j->ledger, j->aside);
    sp_json_free(&report);
    return code;
}

// ---- Work

// Stages below know nothing of other instants: put "2/5 " before what they report.
static bool forward_step(void *user, const char *stage, double done, double total)
{
    job *j = user;
    char label[96];
    snprintf(label, sizeof label, "%s%s", j->label, stage);
    return j->progress->step(j->progress->user, label, done, total);
}

static int make_instant(job *j, int index, replay_instant *instant, const sp_splat_cloud *warm,
                        const sp_progress *progress)
{
    sp_moment_instant *row = &j->moment->instants[index];
    instant->t_s = row->t_s;
    instant->frame = row->frame;
    int code =
        replay_instant_see(instant, j->take, j->chosen, &j->plates, j->gains, j->ledger, j->pool, progress);
    if (code == SP_OK)
        code = replay_instant_solve(instant, &j->plates, j->gains, warm, j->params, j->ledger, j->pool,
                                    progress);
    char *path = replay_path(j->aside, "%s", row->file);
    if (code == SP_OK)
        code = path ? sp_splat_save(&instant->cloud, path) : SP_ENOMEM;
    free(path);
    if (code < 0)
        return code;
    row->has_light = replay_light_measure(row->light, j->gains, instant->set.count);
    instant->light = row->has_light ? row->light : NULL;
    add_gains(j, instant);
    code = add_row(j, instant);
    if (instant->cloud.count == 0)
        sp_log(SP_LOG_WARN, "at %.3f s no athlete was seen; the cloud is empty", instant->t_s);
    sp_ledger_begin(j->ledger, "preview");
    if (code == SP_OK && index == 0)
        code = save_mattes(j, instant);
    if (code == SP_OK && index == j->moment->count / 2)
        code = save_poster(j, instant);
    sp_ledger_end(j->ledger);
    return code;
}

static int make_instants(job *j)
{
    sp_progress forward = {forward_step, j};
    const sp_progress *progress = j->progress ? &forward : NULL;
    replay_instant before = {0};
    int code = SP_OK;
    for (int i = 0; i < j->moment->count && code == SP_OK; i++) {
        if (j->moment->count > 1)
            snprintf(j->label, sizeof j->label, "%d/%d ", i + 1, j->moment->count);
        replay_instant instant = {0};
        bool is_near = before.cloud.count > 0 && j->moment->instants[i].t_s - before.t_s <= near_s;
        code = make_instant(j, i, &instant, is_near ? &before.cloud : NULL, progress);
        replay_instant_forget(&instant);
        replay_instant_free(&before);
        before = instant;
    }
    replay_instant_free(&before);
    return code;
}

static int make_moment(job *j, const double *times, int count)
{
    sp_ledger_begin(j->ledger, "load");
    int code = replay_plates_load(&j->plates, j->take, j->chosen);
    char *athlete = replay_path(j->aside, "athlete");
    if (code == SP_OK)
        code = athlete ? sp_folder_make(athlete) : SP_ENOMEM;
    free(athlete);
    if (code == SP_OK)
        code = moment_begin(j, times, count);
    if (code == SP_OK)
        code = make_instants(j);
    sp_ledger_end(j->ledger);
    if (code == SP_OK)
        code = moment_cameras(j);
    if (code == SP_OK)
        code = sp_moment_save(j->moment);
    if (code == SP_OK)
        code = save_report(j);
    return code;
}

static int job_begin(job *j)
{
    size_t cameras = (size_t)j->take->rig.count;
    j->gains = sp_calloc(cameras, sizeof *j->gains);
    j->gain_sums = sp_calloc(cameras, 7 * sizeof *j->gain_sums);
    j->rows = sp_json_array();
    if (!j->gains || !j->gain_sums || !j->rows)
        return SP_ENOMEM;
    return replay_folder_begin(&j->aside, j->folder);
}

static void job_end(job *j)
{
    replay_plates_free(&j->plates);
    sp_moment_close(&j->moment);
    sp_json_free(&j->rows);
    free(j->gains);
    free(j->gain_sums);
    free(j->chosen);
    free(j->aside);
}

int sp_replay_moment(const char *folder, sp_take *take, const double *times_s, int count,
                     const sp_replay_params *params, sp_ledger *ledger, sp_pool *pool,
                     const sp_progress *progress)
{
    if (count < 1)
        return sp_error(SP_EINVAL, "a moment needs an instant");
    int used, code = check_folder(folder);
    job j = {.folder = folder,
             .take = take,
             .params = params,
             .ledger = ledger,
             .pool = pool,
             .progress = progress};
    double *times = sp_calloc((size_t)count, sizeof *times);
    if (code == SP_OK && !times)
        code = SP_ENOMEM;
    if (code == SP_OK) {
        memcpy(times, times_s, (size_t)count * sizeof *times);
        qsort(times, (size_t)count, sizeof *times, by_time);
        code = replay_choose(&j.chosen, &used, take, &params->cameras, 2);
    }
    if (code == SP_OK)
        code = replay_check_times(times, count, take, j.chosen);
    if (code == SP_OK)
        code = job_begin(&j);
    if (code == SP_OK)
        code = make_moment(&j, times, count);
    if (code == SP_OK)
        code = replay_folder_commit(j.aside, folder);
    if (code < 0)
        replay_folder_discard(j.aside);
    job_end(&j);
    free(times);
    return code;
}
