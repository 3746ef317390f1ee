// Plates on disk: TAKE/background/plates/ with ID.png, ID_spread.png where it was estimated, and plates.json,
// which says how each came to be.
#include "plates.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder.h"

#define VERSION 1

// ---- How they came to be

static int save_origins(const replay_plates *plates, const char *folder)
{
    sp_json *document = sp_json_object(), *list = sp_json_array();
    int code = document && list ? sp_json_set_string(document, "format", "stillpoint-plates") : SP_ENOMEM;
    if (code == SP_OK)
        code = sp_json_set_int(document, "version", VERSION);
    for (int i = 0; i < plates->count && code == SP_OK; i++) {
        const replay_plate *plate = &plates->plates[i];
        sp_json *row = plate->image.data ? sp_json_object() : NULL;
        if (!plate->image.data)
            continue;
        code = row ? sp_json_set_string(row, "id", plate->camera.id) : SP_ENOMEM;
        if (code == SP_OK)
            code = sp_json_set_string(row, "plate", replay_plate_origin(plate));
        if (code == SP_OK && plate->pictures > 0)
            code = sp_json_set_int(row, "pictures", plate->pictures);
        if (code == SP_OK)
            code = sp_json_append(list, &row);
        sp_json_free(&row);
    }
    if (code == SP_OK)
        code = sp_json_set(document, "cameras", &list);
    char *path = replay_path(folder, "plates.json");
    if (code == SP_OK)
        code = path ? sp_json_save(document, path) : SP_ENOMEM;
    free(path);
    sp_json_free(&list);
    sp_json_free(&document);
    return code;
}

static int load_origins(replay_plates *plates, const char *folder)
{
    char *path = replay_path(folder, "plates.json");
    sp_json *document = NULL;
    int code = path ? SP_OK : SP_ENOMEM;
    if (code == SP_OK && sp_file_exists(path)) {
        code = sp_json_load(&document, path);
        if (code == SP_OK)
            code = sp_json_check_format(document, "stillpoint-plates", VERSION, path);
    }
    const sp_json *list = document ? sp_json_get(document, "cameras") : NULL;
    for (int k = 0; code == SP_OK && list && k < sp_json_length(list); k++) {
        const char *id, *origin;
        code = sp_json_string(&id, sp_json_at(list, k), "id", path);
        if (code == SP_OK)
            code = sp_json_string(&origin, sp_json_at(list, k), "plate", path);
        for (int i = 0; code == SP_OK && i < plates->count; i++) {
            replay_plate *plate = &plates->plates[i];
            if (!plate->image.data || strcmp(plate->camera.id, id) != 0)
                continue;
            plate->is_given = strcmp(origin, "given") == 0;
            plate->is_still = strcmp(origin, "still") == 0;
            plate->is_replaced = strcmp(origin, "replaced") == 0;
            int64_t pictures;
            code =
                sp_json_int_or(&pictures, sp_json_at(list, k), "pictures", INT_MAX, path); // older: not said
            if (code == SP_OK)
                plate->pictures = (int)fmin(fmax((double)pictures, 0), INT_MAX);
        }
    }
    sp_json_free(&document);
    free(path);
    return code;
}

// ---- Pictures

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

// What became of one plate's files.
typedef struct outcome {
    int code;
    char sentence[512]; // errors belong to the thread that met them
} outcome;

static outcome outcome_of(int code)
{
    outcome o = {.code = code};
    if (code < 0)
        snprintf(o.sentence, sizeof o.sentence, "%s", sp_error_text());
    return o;
}

static int first_failure(const outcome *outcomes, int count)
{
    for (int i = 0; i < count; i++)
        if (outcomes[i].code < 0)
            return sp_error(outcomes[i].code, "%s", outcomes[i].sentence);
    return SP_OK;
}

typedef struct save_job {
    const replay_plates *plates;
    const char *folder;
    outcome *outcomes;
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
    job->outcomes[i] = outcome_of(code);
}

int replay_plates_save(const replay_plates *plates, const char *folder, sp_pool *pool)
{
    save_job job = {plates, folder, sp_calloc((size_t)plates->count + 1, sizeof *job.outcomes)};
    int code = job.outcomes ? sp_folder_make(folder) : SP_ENOMEM;
    if (code == SP_OK) {
        sp_pool_run(pool, plates->count, save_one, &job);
        code = first_failure(job.outcomes, plates->count);
    }
    free(job.outcomes);
    return code == SP_OK ? save_origins(plates, folder) : code;
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

typedef struct load_job {
    const replay_plates *plates;
    const bool *chosen;
    const char *folder;
    outcome *outcomes;
} load_job;

static void load_work(void *context, int64_t i, int worker)
{
    (void)worker;
    load_job *job = context;
    if (job->chosen[i])
        job->outcomes[i] = outcome_of(load_one(&job->plates->plates[i], job->folder));
}

static int load_all(replay_plates *plates, sp_take *take, const bool *chosen, const char *folder,
                    sp_pool *pool)
{
    load_job job = {plates, chosen, folder, sp_calloc((size_t)take->rig.count + 1, sizeof *job.outcomes)};
    int code = job.outcomes ? SP_OK : SP_ENOMEM;
    for (int i = 0; i < take->rig.count && code == SP_OK; i++) {
        if (chosen[i])
            code = sp_take_camera(&plates->plates[i].camera, take, i);
        plates->used += chosen[i];
    }
    if (code == SP_OK) {
        sp_pool_run(pool, take->rig.count, load_work, &job);
        code = first_failure(job.outcomes, take->rig.count);
    }
    free(job.outcomes);
    return code;
}

int replay_plates_load(replay_plates *out, sp_take *take, const bool *chosen, sp_pool *pool)
{
    replay_plates loaded;
    int code = replay_plates_init(&loaded, take);
    if (code < 0)
        return code;
    char *folder = replay_path(take->folder, "background/plates");
    code = folder ? load_all(&loaded, take, chosen, folder, pool) : SP_ENOMEM;
    if (code == SP_OK)
        code = load_origins(&loaded, folder);
    free(folder);
    if (code < 0)
        replay_plates_free(&loaded);
    else
        *out = loaded;
    return code;
}
