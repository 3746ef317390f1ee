#include "plates.h"

#include <stillpoint/matte.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "stand.h"

// A share of a plate that was never seen and is worth a warning.
#define WORTH_SAYING 0.02
// With fewer pictures of its feed than this a plate shows who hardly moved meanwhile.
#define USEFUL_PICTURES 5
// Pictures of a feed that its given plate is compared with.
#define LOOKS 3

// ---- Making

static void samples_free(sp_image8 *samples, int count)
{
    for (int i = 0; i < count; i++)
        sp_image8_free(&samples[i]);
    free(samples);
}

static int estimate(replay_plate *plate, sp_image8 *samples, int count, sp_pool *pool)
{
    int code = sp_plate_estimate(&plate->image, &plate->spread, samples, count, pool);
    samples_free(samples, count);
    return code;
}

// Frames of a plate that is a video or a folder of pictures.
static int plate_samples(sp_image8 **out, int *count, sp_source *source, int want)
{
    const sp_source_info *info = sp_source_get_info(source);
    sp_image8 *samples = sp_calloc((size_t)want, sizeof *samples);
    if (!samples)
        return SP_ENOMEM;
    int code = SP_OK, got = 0;
    while (got < want && code == SP_OK) {
        double t, at = info->duration_s * (got + 0.5) / want;
        code = sp_source_at(source, at, &samples[got], &t);
        got += code == SP_OK;
    }
    if (code < 0) {
        samples_free(samples, want);
        return code;
    }
    *out = samples;
    *count = got;
    return SP_OK;
}

static int read_given(replay_plate *plate, const char *path, int want, sp_pool *pool)
{
    sp_source_params params = sp_source_params_default();
    sp_source *source;
    int code = sp_source_open(&source, path, &params);
    if (code < 0)
        return code;
    if (sp_source_get_info(source)->is_still) {
        double t;
        code = sp_source_at(source, 0, &plate->image, &t);
    } else {
        sp_image8 *samples = NULL;
        int count = 0;
        code = plate_samples(&samples, &count, source, want);
        if (code == SP_OK)
            code = estimate(plate, samples, count, pool);
    }
    sp_source_close(&source);
    return code;
}

// A plate of another size than the feed, but of its aspect, is resized to it.
static int fit(replay_plate *plate, const char *path)
{
    const sp_camera *camera = &plate->camera;
    int width = plate->image.width, height = plate->image.height;
    if (width == camera->width && height == camera->height)
        return SP_OK;
    if (labs((long)width * camera->height - (long)height * camera->width) > 2L * (width + height))
        return sp_error(SP_EFORMAT,
                        "%s: the plate of camera %s is %dx%d, its feed %dx%d; a plate must have its feed's "
                        "aspect",
                        path, camera->id, width, height, camera->width, camera->height);
    sp_image from, to = {0};
    int code = sp_image_from8(&from, &plate->image);
    if (code < 0)
        return code;
    code = sp_image_resize(&to, &from, camera->width, camera->height);
    sp_image_free(&from);
    if (code < 0)
        return code;
    sp_image8_free(&plate->image);
    sp_image_free(&plate->spread);
    code = sp_image_to8(&plate->image, &to);
    sp_image_free(&to);
    return code;
}

const char *replay_plate_origin(const replay_plate *plate)
{
    return plate->is_replaced ? "replaced"
           : plate->is_given  ? "given"
           : plate->is_still  ? "still"
                              : "estimated";
}

bool replay_plates_are_guesses(const replay_plates *plates)
{
    for (int i = 0; i < plates->count; i++)
        if (plates->plates[i].image.data && plates->plates[i].is_given)
            return false;
    return true;
}

bool replay_plates_are_useless(const replay_plates *plates)
{
    for (int i = 0; i < plates->count; i++) {
        const replay_plate *plate = &plates->plates[i];
        if (plate->image.data && (plate->is_given || plate->is_still || plate->pictures >= USEFUL_PICTURES))
            return false;
    }
    return plates->used > 0;
}

double replay_plate_unseen(const replay_plate *plate)
{
    size_t pixels = (size_t)plate->spread.width * (size_t)plate->spread.height, unseen = 0;
    for (size_t i = 0; i < pixels; i++)
        unseen += plate->spread.data[i] >= SP_PLATE_UNSEEN;
    return pixels ? (double)unseen / (double)pixels : 0;
}

static void say_unseen(const replay_plate *plate)
{
    double share = plate->unseen;
    if (share > WORTH_SAYING)
        sp_log(
            SP_LOG_WARN,
            "camera %s: %.1f%% of its plate is never seen without somebody before it and is filled by what "
            "other cameras tell, or from around; longer footage or a plate of its own is better",
            plate->camera.id, 100 * share);
}

// The plate that the feed itself tells.
static int from_feed(replay_plate *plate, sp_take *take, int index, int want, sp_pool *pool)
{
    sp_image8 *samples = NULL;
    int count = 0, rest = 0;
    int code = sp_take_samples(&samples, &count, &plate->camera, take, index, want);
    if (code < 0)
        return code;
    if (count == 1) {
        plate->image = samples[0];
        plate->is_still = true;
        free(samples);
        return SP_OK;
    }
    if (count < 3)
        sp_log(SP_LOG_WARN, "camera %s: its plate is estimated from %d frames only", plate->camera.id, count);
    code = replay_plate_rest(samples, count, &rest, &plate->moved_px, &plate->camera, pool);
    if (code == SP_OK && rest < count)
        sp_log(SP_LOG_WARN,
               "camera %s: it was touched during its feed (%.1f px); its plate is estimated from %d of %d "
               "pictures, those of its longest rest, which the calibration is taken to be of",
               plate->camera.id, plate->moved_px, rest, count);
    if (code == SP_OK)
        code = sp_plate_estimate(&plate->image, &plate->spread, samples, rest, pool);
    plate->pictures = rest;
    samples_free(samples, count);
    plate->unseen = code == SP_OK ? replay_plate_unseen(plate) : 0;
    if (code == SP_OK)
        say_unseen(plate);
    return code;
}

// Does the given plate show what the feed shows? false: not at all.
static int compare(bool *is_of_feed, replay_plate *plate, sp_take *take, int index, sp_pool *pool)
{
    sp_image8 *samples = NULL;
    int count = 0;
    sp_camera camera;
    sp_plate_fit fit = {.alike = 1};
    int code = sp_take_samples(&samples, &count, &camera, take, index, LOOKS);
    if (code < 0)
        return code;
    if (camera.width == plate->image.width && camera.height == plate->image.height)
        code = replay_plate_compare(&fit, plate, samples, count, pool);
    samples_free(samples, count);
    plate->alike = fit.alike;
    *is_of_feed = fit.alike >= SP_PLATE_ALIKE;
    plate->moved_px = *is_of_feed ? fit.moved_px : 0;
    if (code == SP_OK && *is_of_feed && fit.moved_px > 0)
        sp_log(
            SP_LOG_WARN,
            "camera %s: it was moved by %.1f px between its plate and its feed; the calibration is taken to "
            "be of the plate, and pictures are turned to it; calibrate again, or give a new plate",
            plate->camera.id, fit.moved_px);
    if (code == SP_OK && !*is_of_feed)
        sp_log(
            SP_LOG_WARN,
            "camera %s: its plate shows something else than its feed (%.0f%% in common), so one is estimated "
            "from the feed; give the plate of this camera",
            plate->camera.id, 100 * fit.alike);
    return code;
}

static int from_file(replay_plate *plate, sp_take *take, int index, int want, sp_pool *pool)
{
    int code = sp_take_camera(&plate->camera, take, index);
    char *path = code == SP_OK ? sp_take_path(take, take->feeds[index].plate) : NULL;
    if (code == SP_OK && !path)
        code = SP_ENOMEM;
    if (code == SP_OK)
        code = read_given(plate, path, want, pool);
    if (code < 0)
        sp_error_context(code, "plate of camera %s", take->rig.cameras[index].id);
    if (code == SP_OK)
        code = fit(plate, path);
    plate->is_given = true;
    free(path);
    return code;
}

static int make_one(replay_plate *plate, sp_take *take, int index, int want, sp_pool *pool)
{
    plate->alike = 1;
    if (!take->feeds[index].plate)
        return from_feed(plate, take, index, want, pool);
    bool is_of_feed = true;
    int code = from_file(plate, take, index, want, pool);
    if (code == SP_OK)
        code = compare(&is_of_feed, plate, take, index, pool);
    if (code < 0 || is_of_feed)
        return code;
    sp_image8_free(&plate->image);
    sp_image_free(&plate->spread);
    plate->is_given = false;
    plate->is_replaced = true;
    return from_feed(plate, take, index, want, pool);
}

int replay_plates_init(replay_plates *out, const sp_take *take)
{
    replay_plate *plates = sp_calloc((size_t)take->rig.count, sizeof *plates);
    if (!plates)
        return SP_ENOMEM;
    *out = (replay_plates){.plates = plates, .count = take->rig.count};
    return SP_OK;
}

int replay_plates_make(replay_plates *out, sp_take *take, const bool *chosen, int samples, sp_pool *pool,
                       const sp_progress *progress)
{
    replay_plates made;
    int code = replay_plates_init(&made, take), total = 0;
    if (code < 0)
        return code;
    for (int i = 0; i < take->rig.count; i++)
        total += chosen[i];
    code = sp_progress_step(progress, "plates", 0, total);
    for (int i = 0; i < take->rig.count && code == SP_OK; i++) {
        if (!chosen[i])
            continue;
        code = make_one(&made.plates[i], take, i, samples, pool);
        if (code == SP_OK)
            code = sp_progress_step(progress, "plates", ++made.used, total);
    }
    if (code < 0)
        replay_plates_free(&made);
    else
        *out = made;
    return code;
}

void replay_plates_free(replay_plates *plates)
{
    for (int i = 0; i < plates->count; i++) {
        sp_image8_free(&plates->plates[i].image);
        sp_image_free(&plates->plates[i].spread);
    }
    free(plates->plates);
    *plates = (replay_plates){0};
}
