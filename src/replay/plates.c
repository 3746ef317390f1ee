#include "plates.h"

#include <stillpoint/matte.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder.h"

// A share of a plate that was never seen and is worth a warning.
#define WORTH_SAYING 0.02

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
    return plate->is_given ? "given" : plate->is_still ? "still" : "estimated";
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
    double share = replay_plate_unseen(plate);
    if (share > WORTH_SAYING)
        sp_log(SP_LOG_WARN,
               "camera %s: %.1f%% of its plate is never seen without somebody before it and is filled from "
               "around; longer footage or a plate of its own is better",
               plate->camera.id, 100 * share);
}

static int make_one(replay_plate *plate, sp_take *take, int index, int want, sp_pool *pool)
{
    const char *given = take->feeds[index].plate;
    if (!given) {
        sp_image8 *samples = NULL;
        int count = 0;
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
            sp_log(SP_LOG_WARN, "camera %s: its plate is estimated from %d frames only", plate->camera.id,
                   count);
        code = estimate(plate, samples, count, pool);
        if (code == SP_OK)
            say_unseen(plate);
        return code;
    }
    int code = sp_take_camera(&plate->camera, take, index);
    char *path = code == SP_OK ? sp_take_path(take, given) : NULL;
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

static int plates_init(replay_plates *out, const sp_take *take)
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
    int code = plates_init(&made, take), total = 0;
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

// ---- Files

static int save_spread(const sp_image *spread, const char *path)
{
    sp_image scaled = {0};
    int code = sp_image_copy(&scaled, spread);
    for (size_t k = 0; code == SP_OK && k < (size_t)scaled.width * (size_t)scaled.height; k++)
        scaled.data[k] *= 65535;
    if (code == SP_OK)
        code = sp_image_save_grey16(&scaled, path);
    sp_image_free(&scaled);
    return code;
}

typedef struct save_job {
    const replay_plates *plates;
    const char *folder;
    struct saved {
        int code;
        char sentence[512]; // errors belong to the thread that met them
    } * saved;
} save_job;

static void save_one(void *context, int64_t i, int worker)
{
    (void)worker;
    save_job *job = context;
    const replay_plate *plate = &job->plates->plates[i];
    if (!plate->image.data)
        return;
    char *image = replay_path(job->folder, "%s.png", plate->camera.id);
    char *spread = replay_path(job->folder, "%s_spread.png", plate->camera.id);
    int code = image && spread ? sp_image8_save(&plate->image, image) : SP_ENOMEM;
    if (code == SP_OK && plate->spread.data)
        code = save_spread(&plate->spread, spread);
    free(image);
    free(spread);
    job->saved[i].code = code;
    if (code < 0)
        snprintf(job->saved[i].sentence, sizeof job->saved[i].sentence, "%s", sp_error_text());
}

int replay_plates_save(const replay_plates *plates, const char *folder, sp_pool *pool)
{
    save_job job = {plates, folder, sp_calloc((size_t)plates->count + 1, sizeof *job.saved)};
    int code = job.saved ? sp_folder_make(folder) : SP_ENOMEM;
    if (code == SP_OK)
        sp_pool_run(pool, plates->count, save_one, &job);
    for (int i = 0; i < plates->count && code == SP_OK; i++)
        if (job.saved[i].code < 0)
            code = sp_error(job.saved[i].code, "%s", job.saved[i].sentence);
    free(job.saved);
    return code;
}

static int load_one(replay_plate *plate, const char *folder)
{
    char *image = replay_path(folder, "%s.png", plate->camera.id);
    char *spread = replay_path(folder, "%s_spread.png", plate->camera.id);
    int code = image && spread ? SP_OK : SP_ENOMEM;
    if (code == SP_OK && !sp_file_exists(image))
        code = sp_error(SP_ENOENT, "%s is missing: prepare the take first (stillpoint prepare)", image);
    if (code == SP_OK)
        code = sp_image8_load(&plate->image, image, false);
    if (code == SP_OK && sp_file_exists(spread))
        code = sp_image_load_grey(&plate->spread, spread, true);
    for (size_t k = 0; code == SP_OK && k < (size_t)plate->spread.width * (size_t)plate->spread.height; k++)
        plate->spread.data[k] /= 65535;
    bool fits = plate->image.width == plate->camera.width && plate->image.height == plate->camera.height;
    if (code == SP_OK && !fits)
        code = sp_error(SP_EFORMAT, "%s: %dx%d, but camera %s now has %dx%d; prepare the take again", image,
                        plate->image.width, plate->image.height, plate->camera.id, plate->camera.width,
                        plate->camera.height);
    free(image);
    free(spread);
    return code;
}

int replay_plates_load(replay_plates *out, sp_take *take, const bool *chosen)
{
    replay_plates loaded;
    int code = plates_init(&loaded, take);
    if (code < 0)
        return code;
    char *folder = replay_path(take->folder, "background/plates");
    if (!folder)
        code = SP_ENOMEM;
    for (int i = 0; i < take->rig.count && code == SP_OK; i++) {
        if (!chosen[i])
            continue;
        code = sp_take_camera(&loaded.plates[i].camera, take, i);
        if (code == SP_OK)
            code = load_one(&loaded.plates[i], folder);
        loaded.used += code == SP_OK;
    }
    free(folder);
    if (code < 0)
        replay_plates_free(&loaded);
    else
        *out = loaded;
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
