#include "stand.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Fits side by side.
typedef struct fit_job {
    const sp_image8 *const *images, *const *plates;
    const sp_camera *const *cameras;
    sp_plate_fit *fits;
} fit_job;

static int fit_one(void *context, int64_t i, int worker)
{
    (void)worker;
    const fit_job *job = context;
    job->fits[i] = (sp_plate_fit){.turn = sp_m3_identity(), .alike = 1};
    int code = job->images[i]
                   ? sp_plate_fit_find(&job->fits[i], job->images[i], job->plates[i], job->cameras[i])
                   : SP_OK;
    return code < 0 ? sp_error_context(code, "camera %s against its plate", job->cameras[i]->id) : code;
}

// ---- An instant

static void put_aside(sp_frame_set *aside, sp_frame_set *set, int index)
{
    memmove(aside->frames + 1, aside->frames, sizeof *aside->frames * (size_t)aside->count++);
    aside->frames[0] = set->frames[index];
    memmove(&set->frames[index], &set->frames[index + 1],
            sizeof *set->frames * (size_t)(set->count - index - 1));
    set->count--;
}

static int turn_plate(replay_stand *stand, const replay_plate *plate)
{
    return sp_plate_fit_turn(&stand->plate, &stand->spread, &stand->fit, &plate->image,
                             plate->spread.data ? &plate->spread : NULL, &plate->camera);
}

// Where half of the cameras and more do not fit their plates, it is the place that has changed (lights out,
// snow), and leaving cameras out would only leave nothing.
static bool has_place_changed(const replay_stand *stands, const sp_frame_set *set)
{
    int unlike = 0;
    for (int i = 0; i < set->count; i++)
        unlike += stands[set->frames[i].camera_index].fit.alike < SP_PLATE_ALIKE;
    if (2 * unlike < set->count || unlike < 2)
        return false;
    sp_log(SP_LOG_WARN,
           "%d of %d cameras see something else than their plates; prepare again with plates of this light",
           unlike, set->count);
    return true;
}

static int apply(replay_stand *stands, sp_frame_set *set, sp_frame_set *aside, const replay_plates *plates)
{
    int code = SP_OK;
    bool has_changed = has_place_changed(stands, set);
    for (int i = set->count - 1; i >= 0 && code == SP_OK; i--) {
        sp_frame *frame = &set->frames[i];
        replay_stand *stand = &stands[frame->camera_index];
        if (stand->fit.alike < SP_PLATE_ALIKE && !has_changed && set->count > 2) {
            stand->is_left_out = true;
            put_aside(aside, set, i);
        } else if (stand->fit.moved_px > 0) {
            frame->camera = sp_plate_fit_camera(&stand->fit, &frame->camera);
            code = turn_plate(stand, &plates->plates[frame->camera_index]);
        }
    }
    return code;
}

int replay_stands_find(replay_stand **out, sp_frame_set *set, sp_frame_set *aside,
                       const replay_plates *plates, sp_pool *pool)
{
    size_t count = (size_t)set->count + 1;
    replay_stand *stands = sp_calloc((size_t)plates->count + 1, sizeof *stands);
    const sp_image8 **images = sp_calloc(2 * count, sizeof(void *));
    const sp_camera **cameras = sp_calloc(count, sizeof(void *));
    sp_plate_fit *fits = sp_calloc(count, sizeof *fits);
    int code = stands && images && cameras && fits ? SP_OK : SP_ENOMEM;
    for (int i = 0; code == SP_OK && i < set->count; i++) {
        const sp_frame *frame = &set->frames[i];
        const replay_plate *plate = &plates->plates[frame->camera_index];
        bool is_known = !plate->is_still && frame->image.width == plate->image.width &&
                        frame->image.height == plate->image.height;
        stands[frame->camera_index].is_known = is_known;
        images[i] = is_known ? &frame->image : NULL;
        images[count + (size_t)i] = &plate->image;
        cameras[i] = &frame->camera;
    }
    fit_job job = {
        .images = images, .plates = images ? images + count : NULL, .cameras = cameras, .fits = fits};
    if (code == SP_OK)
        code = sp_pool_try(pool, set->count, fit_one, &job);
    for (int i = 0; code == SP_OK && i < set->count; i++)
        stands[set->frames[i].camera_index].fit = fits[i];
    if (code == SP_OK)
        code = apply(stands, set, aside, plates);
    free(images);
    free(cameras);
    free(fits);
    if (code < 0)
        replay_stands_free(&stands, plates->count);
    else
        *out = stands;
    return code;
}

void replay_stands_free(replay_stand **stands, int count)
{
    for (int i = 0; *stands && i < count; i++) {
        sp_image8_free(&(*stands)[i].plate);
        sp_image_free(&(*stands)[i].spread);
    }
    free(*stands);
    *stands = NULL;
}

static double turned_deg(const sp_plate_fit *fit)
{
    double cosine = (fit->turn.m[0] + fit->turn.m[4] + fit->turn.m[8] - 1) / 2;
    return acos(fmin(fmax(cosine, -1), 1)) * 180 / M_PI;
}

sp_json *replay_stands_json(const replay_stand *stands, const replay_plates *plates)
{
    sp_json *all = sp_json_object();
    int code = all ? SP_OK : SP_ENOMEM;
    for (int i = 0; stands && i < plates->count && code == SP_OK; i++) {
        if (!stands[i].is_known)
            continue;
        sp_json *row = sp_json_object();
        code = row ? sp_json_set_number(row, "alike", round(1000 * stands[i].fit.alike) / 1000) : SP_ENOMEM;
        if (code == SP_OK)
            code = sp_json_set_number(row, "moved_px", stands[i].fit.moved_px);
        if (code == SP_OK)
            code = sp_json_set_number(row, "turned_deg", turned_deg(&stands[i].fit));
        if (code == SP_OK && stands[i].is_left_out)
            code = sp_json_set_bool(row, "left_out", true);
        if (code == SP_OK && stands[i].is_borrowed)
            code = sp_json_set_bool(row, "borrowed", true);
        if (code == SP_OK)
            code = sp_json_set(all, plates->plates[i].camera.id, &row);
        sp_json_free(&row);
    }
    if (code < 0)
        sp_json_free(&all);
    return all;
}

// ---- A feed

static int compare_with(sp_plate_fit *fits, const sp_image8 *plate, const sp_image8 *samples, int count,
                        const sp_camera *camera, sp_pool *pool)
{
    const sp_image8 **images = sp_calloc(2 * (size_t)count, sizeof(void *));
    const sp_camera **cameras = sp_calloc((size_t)count, sizeof(void *));
    int code = images && cameras ? SP_OK : SP_ENOMEM;
    for (int i = 0; code == SP_OK && i < count; i++) {
        images[i] = &samples[i];
        images[count + i] = plate;
        cameras[i] = camera;
    }
    fit_job job = {
        .images = images, .plates = images ? images + count : NULL, .cameras = cameras, .fits = fits};
    if (code == SP_OK)
        code = sp_pool_try(pool, count, fit_one, &job);
    free(images);
    free(cameras);
    return code;
}

static int by_move(const void *a, const void *b)
{
    double x = ((const sp_plate_fit *)a)->moved_px, y = ((const sp_plate_fit *)b)->moved_px;
    return (x > y) - (x < y);
}

int replay_plate_compare(sp_plate_fit *out, const replay_plate *plate, const sp_image8 *samples, int count,
                         sp_pool *pool)
{
    sp_plate_fit *fits = sp_calloc((size_t)count + 1, sizeof *fits);
    int code = fits ? compare_with(fits, &plate->image, samples, count, &plate->camera, pool) : SP_ENOMEM;
    double alike = 0;
    for (int i = 0; code == SP_OK && i < count; i++)
        alike = fmax(alike, fits[i].alike);
    if (code == SP_OK) {
        qsort(fits, (size_t)count, sizeof *fits, by_move);
        *out = fits[count / 2];
        out->alike = alike;
    }
    free(fits);
    return code;
}

// Move the samples that have not moved against the given one to the front, in their order.
static int gather(sp_image8 *samples, const sp_plate_fit *fits, int count)
{
    int n = 0;
    for (int i = 0; i < count; i++) {
        if (fits[i].moved_px > 0)
            continue;
        sp_image8 found = samples[i];
        memmove(&samples[n + 1], &samples[n], sizeof *samples * (size_t)(i - n));
        samples[n++] = found;
    }
    return n;
}

int replay_plate_rest(sp_image8 *samples, int count, int *rest, double *moved_px, const sp_camera *camera,
                      sp_pool *pool)
{
    sp_plate_fit *fits = sp_calloc((size_t)count + 1, sizeof *fits);
    int code = fits ? SP_OK : SP_ENOMEM, best = 0;
    double moved = 0;
    // What one sample says may be the smaller part; then another part is looked at from its own middle.
    for (int from = 0, tries = 0; code == SP_OK && tries < 3 && count - from > best; tries++) {
        int reference = from + (count - from) / 2;
        code = compare_with(fits, &samples[reference], samples + from, count - from, camera, pool);
        if (code < 0)
            break;
        for (int i = 0; i < count - from; i++)
            moved = fmax(moved, fits[i].moved_px);
        int found = gather(samples + from, fits, count - from);
        if (found > best) { // before those found earlier
            for (int i = 0; from > 0 && i < found; i++) {
                sp_image8 sample = samples[from + i];
                memmove(&samples[i + 1], &samples[i], sizeof *samples * (size_t)from);
                samples[i] = sample;
            }
            best = found;
        }
        from += found;
    }
    free(fits);
    if (code == SP_OK) {
        *rest = best;
        *moved_px = best < count ? moved : 0;
    }
    return code;
}
