#include "venue.h"

#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "fill.h"
#include "folder.h"

#define WATCH_EVERY_S 2.5

bool replay_is_held_out(const replay_plates *plates, int index, int hold_out)
{
    int before = 0;
    for (int i = 0; i < index; i++)
        before += plates->plates[i].image.data != NULL;
    return hold_out > 0 && plates->plates[index].image.data && before % hold_out == 0;
}

// ---- Pictures, reduced where that is asked for

typedef struct pictures {
    sp_image8 *reduced; // one per plate, empty where the plate itself is used
    sp_image *doubts;   // likewise, empty where all of the plate shows the venue
    sp_view *train, *held;
    int count, train_count, held_count;
} pictures;

static void pictures_free(pictures *p)
{
    for (int i = 0; p->reduced && i < p->count; i++)
        sp_image8_free(&p->reduced[i]);
    for (int i = 0; p->doubts && i < p->count; i++)
        sp_image_free(&p->doubts[i]);
    free(p->reduced);
    free(p->doubts);
    free(p->train);
    free(p->held);
}

typedef struct reduce_job {
    const replay_plates *plates;
    sp_image8 *reduced;
    int by;
} reduce_job;

static int reduce_one(void *context, int64_t i, int worker)
{
    (void)worker;
    reduce_job *job = context;
    const sp_image8 *plate = &job->plates->plates[i].image;
    sp_image full = {0}, small = {0};
    if (!plate->data)
        return SP_OK;
    int w = plate->width / job->by, h = plate->height / job->by;
    int code = sp_image_from8(&full, plate);
    if (code == SP_OK)
        code = sp_image_resize(&small, &full, w > 1 ? w : 1, h > 1 ? h : 1);
    if (code == SP_OK)
        code = sp_image_to8(&job->reduced[i], &small);
    sp_image_free(&full);
    sp_image_free(&small);
    return code < 0 ? sp_error_context(code, "picture of camera %s", job->plates->plates[i].camera.id) : code;
}

static int reduce_all(pictures *p, const replay_plates *plates, int by, sp_pool *pool)
{
    reduce_job job = {plates, p->reduced, by};
    return by > 1 ? sp_pool_try(pool, plates->count, reduce_one, &job) : SP_OK;
}

// What of the plate may be somebody who never left his place.
static int doubt(sp_image *out, const replay_plates *plates, int index, const sp_image8 *image)
{
    sp_image full = {0};
    int code = replay_plate_doubt(&full, plates, index);
    if (code < 0 || !full.data || (full.width == image->width && full.height == image->height)) {
        *out = full;
        return code;
    }
    code = sp_image_resize(out, &full, image->width, image->height);
    sp_image_free(&full);
    return code;
}

static int pictures_make(pictures *out, const replay_plates *plates, const sp_replay_params *params,
                         sp_pool *pool)
{
    size_t room = (size_t)plates->count + 1;
    *out = (pictures){.count = plates->count,
                      .reduced = sp_calloc(room, sizeof *out->reduced),
                      .doubts = sp_calloc(room, sizeof *out->doubts),
                      .train = sp_calloc(room, sizeof *out->train),
                      .held = sp_calloc(room, sizeof *out->held)};
    int code = out->reduced && out->doubts && out->train && out->held ? SP_OK : SP_ENOMEM;
    if (code == SP_OK)
        code = reduce_all(out, plates, params->background_reduce, pool);
    for (int i = 0; i < plates->count && code == SP_OK; i++) {
        const replay_plate *plate = &plates->plates[i];
        if (!plate->image.data)
            continue;
        const sp_image8 *image = out->reduced[i].data ? &out->reduced[i] : &plate->image;
        sp_view view = {.camera = sp_camera_resized(&plate->camera, image->width, image->height),
                        .image = image,
                        .gains = {1, 1, 1, 0, 0, 0}};
        code = doubt(&out->doubts[i], plates, i, image);
        if (code == SP_OK && out->doubts[i].data)
            view.matte = &out->doubts[i];
        if (replay_is_held_out(plates, i, params->hold_out))
            out->held[out->held_count++] = view;
        else
            out->train[out->train_count++] = view;
    }
    if (code == SP_OK && out->train_count < 2)
        code = sp_error(SP_EINVAL,
                        "%d of %d cameras are held out, which leaves too few; hold out every third or less",
                        out->held_count, plates->used);
    return code;
}

// ---- Scores at the cameras that were held out

typedef struct watcher {
    const pictures *pictures;
    sp_renderer *renderer;
    sp_prepare_report *report;
    double before_s; // what was spent before the reconstruction began
} watcher;

static int compare(sp_score *out, watcher *w, const sp_splat_cloud *cloud, const sp_view *view, bool is_final)
{
    sp_image8 drawn8 = {0};
    sp_image drawn = {0}, truth = {0};
    int code = replay_draw(&drawn8, w->renderer, cloud, &view->camera, false);
    if (code == SP_OK)
        code = sp_image_from8(&drawn, &drawn8);
    if (code == SP_OK)
        code = sp_image_from8(&truth, view->image);
    strcpy(out->camera, view->camera.id);
    if (code == SP_OK)
        code = is_final ? sp_score_pictures(out, &drawn, &truth, NULL) : sp_psnr(&out->psnr, &drawn, &truth);
    sp_image8_free(&drawn8);
    sp_image_free(&drawn);
    sp_image_free(&truth);
    return code;
}

static int add_point(sp_prepare_report *report, sp_curve_point point)
{
    sp_curve_point *grown = realloc(report->curve, (size_t)(report->curve_count + 1) * sizeof *grown);
    if (!grown)
        return sp_error(SP_ENOMEM, "memory ran out for the curve");
    report->curve = grown;
    report->curve[report->curve_count++] = point;
    return SP_OK;
}

static int see(void *context, const sp_splat_cloud *cloud, double seconds, int iterations)
{
    watcher *w = context;
    sp_curve_point point = {
        .seconds = w->before_s + seconds, .iterations = iterations, .splats = (int64_t)cloud->count};
    for (int i = 0; i < w->pictures->held_count; i++) {
        sp_score score = {.frame = -1};
        int code = compare(&score, w, cloud, &w->pictures->held[i], false);
        if (code < 0)
            return code;
        point.psnr += score.psnr / w->pictures->held_count;
    }
    return add_point(w->report, point);
}

static int score_all(watcher *w, const sp_splat_cloud *cloud)
{
    int count = w->pictures->held_count, code = SP_OK;
    w->report->scores = sp_calloc((size_t)count, sizeof *w->report->scores);
    if (!w->report->scores)
        return SP_ENOMEM;
    for (int i = 0; i < count && code == SP_OK; i++) {
        w->report->scores[i].frame = -1;
        code = compare(&w->report->scores[i], w, cloud, &w->pictures->held[i], true);
    }
    w->report->score_count = code == SP_OK ? count : 0;
    return code;
}

// ---- All of it

// The points that came with the calibration; none where there is no such file.
static int load_points(sp_points *out, const sp_take *take)
{
    char *path = replay_path(take->folder, "points.ply");
    *out = (sp_points){0};
    int code = path ? SP_OK : SP_ENOMEM;
    if (code == SP_OK && sp_file_exists(path))
        code = sp_points_load(out, path);
    free(path);
    return code;
}

// Of stills there is one picture a camera, and whoever acts is in it.
static bool are_all_still(const replay_plates *plates)
{
    for (int i = 0; i < plates->count; i++)
        if (plates->plates[i].image.data && !plates->plates[i].is_still)
            return false;
    return true;
}

static sp_background_params background_params(const replay_plates *plates, const sp_replay_params *params,
                                              const sp_points *points)
{
    sp_background_params p = sp_background_params_default();
    p.splats = params->background_splats;
    p.budget_s = params->iterations > 0 ? 0 : params->background_s;
    p.iterations = params->iterations;
    p.seed = params->seed;
    p.kernels = params->kernels;
    p.seeds = params->background_seeds;
    p.holds_action = are_all_still(plates);
    p.points_xyz = points->xyz;
    p.points_rgb = points->rgb;
    p.points_count = points->count;
    return p;
}

int replay_venue_make(sp_splat_cloud *out, sp_prepare_report *report, const sp_take *take,
                      const replay_plates *plates, const sp_replay_params *params, double begin_s,
                      sp_pool *pool, const sp_progress *progress)
{
    sp_points points = {0};
    pictures used;
    sp_splat_cloud cloud = {0};
    sp_recon_report recon = {0};
    watcher w = {.pictures = &used, .report = report};
    int code = pictures_make(&used, plates, params, pool);
    bool is_watched = code == SP_OK && used.held_count > 0;
    if (is_watched)
        code = replay_renderer(&w.renderer, params->kernels, pool);
    if (code == SP_OK)
        code = load_points(&points, take);
    sp_background_params p = background_params(plates, params, &points);
    sp_recon_watch watch = {see, &w, WATCH_EVERY_S};
    p.watch = is_watched ? &watch : NULL;
    w.before_s = sp_time_s() - begin_s;
    if (code == SP_OK)
        code = sp_recon_background(&cloud, &recon, used.train, used.train_count, &p, pool, progress);
    report->splats = (int64_t)cloud.count;
    report->iterations = recon.iterations;
    report->seed_s = recon.seed_s;
    if (code == SP_OK && is_watched)
        code = score_all(&w, &cloud);
    sp_points_free(&points);
    sp_recon_report_free(&recon);
    sp_renderer_close(&w.renderer);
    pictures_free(&used);
    if (code < 0)
        sp_splat_cloud_free(&cloud);
    else
        *out = cloud;
    return code;
}
