// The pictures that a moment is compared with: files of a truth, or frames of cameras that took no part.
#include "eval.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "pick.h"

void eval_items_free(eval_item *items, int count)
{
    for (int i = 0; items && i < count; i++) {
        free(items[i].path);
        free(items[i].mask);
    }
    free(items);
}

// ---- Files

// "cam01_0009.png" -> camera "cam01", frame 9. False for masks, depths and everything else.
static bool parse_name(char id[SP_ID_MAX], int64_t *frame, const char *name)
{
    const char *dot = strrchr(name, '.');
    if (!dot || strcmp(dot, ".png") != 0)
        return false;
    const char *digits = dot;
    while (digits > name && isdigit((unsigned char)digits[-1]))
        digits--;
    size_t length = (size_t)(digits - name);
    if (digits == dot || dot - digits > 15 || length < 2 || length > SP_ID_MAX || name[length - 1] != '_')
        return false;
    snprintf(id, SP_ID_MAX, "%.*s", (int)length - 1, name);
    *frame = strtoll(digits, NULL, 10);
    return true;
}

static int instant_of(const sp_moment *moment, int64_t frame)
{
    for (int i = 0; i < moment->count; i++)
        if (moment->instants[i].frame == frame)
            return i;
    return -1;
}

static int set_paths(eval_item *out, const char *folder, const char *name)
{
    char *stem = sp_path_stem(name);
    out->path = replay_path(folder, "%s", name);
    out->mask = stem ? replay_path(folder, "%s_mask.png", stem) : NULL;
    free(stem);
    if (!out->path || !out->mask)
        return SP_ENOMEM;
    if (!sp_file_exists(out->mask)) {
        free(out->mask);
        out->mask = NULL;
    }
    return SP_OK;
}

static int collect_files(eval_item *items, int *found, char *const *names, int name_count, const char *folder,
                         const sp_moment *moment, const sp_rig *rig, const bool *picked)
{
    int code = SP_OK;
    for (int i = 0; i < name_count && code == SP_OK; i++) {
        char id[SP_ID_MAX];
        int64_t frame;
        if (!parse_name(id, &frame, names[i]))
            continue;
        const sp_camera *camera = sp_rig_find(rig, id);
        int instant = instant_of(moment, frame);
        if (!camera || !picked[camera - rig->cameras] || instant < 0)
            continue;
        eval_item *item = &items[(*found)++];
        item->camera = *camera;
        item->instant = instant;
        code = set_paths(item, folder, names[i]);
    }
    if (code == SP_OK && *found == 0)
        code =
            sp_error(SP_ENOENT,
                     "%s: no picture CAMERA_FRAME.png there belongs to a chosen camera and an instant of %s",
                     folder, moment->folder);
    return code;
}

int eval_find_files(eval_item **out, int *count, const char *folder, const sp_moment *moment,
                    const sp_rig *rig, const char *const *only)
{
    char **names = NULL;
    bool *picked = NULL;
    int name_count = 0, found = 0;
    if (!sp_is_folder(folder))
        return sp_error(SP_ENOENT, "%s: there is no such folder of true pictures", folder);
    int code = replay_pick(&picked, rig, only);
    if (code == SP_OK)
        code = sp_folder_list(&names, &name_count, folder);
    eval_item *items = code == SP_OK ? sp_calloc((size_t)name_count + 1, sizeof *items) : NULL;
    if (code == SP_OK)
        code =
            items ? collect_files(items, &found, names, name_count, folder, moment, rig, picked) : SP_ENOMEM;
    sp_names_free(&names, name_count);
    free(picked);
    if (code < 0) {
        eval_items_free(items, found);
        return code;
    }
    *out = items;
    *count = found;
    return SP_OK;
}

// ---- Frames

static int open_take(sp_take **out, const sp_moment *moment)
{
    if (!moment->take)
        return sp_error(SP_ENOENT, "%s does not say which take it is of; name a truth", moment->folder);
    char *folder = sp_path_join(moment->folder, moment->take);
    int code = folder ? sp_take_open(out, folder) : SP_ENOMEM;
    free(folder);
    return code;
}

static bool took_part(const sp_moment *moment, const char *id)
{
    for (int i = 0; i < moment->camera_count; i++)
        if (!strcmp(moment->cameras[i], id))
            return true;
    return false;
}

// The moment's report, where it has one; what it says of cameras is of use, but nothing depends on it.
static int load_report(sp_json **out, const sp_moment *moment)
{
    char *path = replay_path(moment->folder, "report.json");
    *out = NULL;
    int code = path ? SP_OK : SP_ENOMEM;
    if (code == SP_OK && sp_file_exists(path))
        if (sp_json_load(out, path) < 0)
            sp_log(SP_LOG_WARN, "%s; no camera is left out for what it says", sp_error_text());
    free(path);
    return code;
}

// Does the report say at some instant that the camera showed something else than its plate?
static bool is_left_out(const sp_json *report, const char *id)
{
    const sp_json *rows = report ? sp_json_get(report, "instants") : NULL;
    for (int i = 0; rows && i < sp_json_length(rows); i++) {
        const sp_json *stands = sp_json_get(sp_json_at(rows, i), "stands");
        const sp_json *stand = stands ? sp_json_get(stands, id) : NULL;
        if (stand && sp_json_get(stand, "left_out"))
            return true;
    }
    return false;
}

int eval_find_frames(eval_item **out, int *count, sp_take **take, const sp_moment *moment,
                     const char *const *only)
{
    sp_take *opened = NULL;
    bool *picked = NULL;
    eval_item *items = NULL;
    sp_json *report = NULL;
    int found = 0, code = open_take(&opened, moment);
    if (code == SP_OK)
        code = load_report(&report, moment);
    if (code == SP_OK)
        code = replay_pick(&picked, &opened->rig, only);
    if (code == SP_OK &&
        !(items = sp_calloc((size_t)opened->rig.count * (size_t)moment->count + 1, sizeof *items)))
        code = SP_ENOMEM;
    for (int c = 0; code == SP_OK && c < opened->rig.count; c++) {
        sp_camera camera;
        if (!picked[c] || !opened->feeds[c].feed || took_part(moment, opened->rig.cameras[c].id))
            continue;
        if (is_left_out(report, opened->rig.cameras[c].id)) {
            sp_log(SP_LOG_WARN, "camera %s: it shows something else than its plate, so it is no truth",
                   opened->rig.cameras[c].id);
            continue;
        }
        code = sp_take_camera(&camera, opened, c);
        for (int i = 0; code == SP_OK && i < moment->count; i++)
            items[found++] = (eval_item){.feed = c, .camera = camera, .instant = i};
    }
    if (code == SP_OK && !found)
        code = sp_error(SP_ENOENT,
                        "%s: every chosen camera with a feed took part; leave one out with --without, or "
                        "name a truth",
                        moment->folder);
    free(picked);
    sp_json_free(&report);
    if (code < 0) {
        free(items);
        sp_take_close(&opened);
        return code;
    }
    *out = items;
    *count = found;
    *take = opened;
    return SP_OK;
}

// ---- Their pixels

static int load_frame(sp_image *picture, const eval_item *item, sp_take *take, const sp_moment *moment,
                      sp_pool *pool)
{
    sp_frame_set set = {0};
    double t_s = moment->instants[item->instant].t_s;
    bool *chosen = sp_calloc((size_t)take->rig.count, sizeof *chosen);
    if (!chosen)
        return SP_ENOMEM;
    chosen[item->feed] = true;
    int code = sp_take_frame_set(&set, take, chosen, t_s, pool);
    free(chosen);
    if (code == SP_EEND) { // the feed is shorter than the others
        code = SP_OK;
        sp_log(SP_LOG_WARN, "camera %s has no frame at %.3f s, so it is not compared there", item->camera.id,
               t_s);
    } else if (code == SP_OK) {
        code = sp_image_from8(picture, &set.frames[0].image);
    }
    sp_frame_set_free(&set);
    return code;
}

int eval_load(sp_image *picture, sp_image *mask, const eval_item *item, sp_take *take,
              const sp_moment *moment, sp_pool *pool)
{
    if (!item->path)
        return load_frame(picture, item, take, moment, pool);
    sp_image8 bytes = {0};
    const sp_camera *camera = &item->camera;
    int code = sp_image8_load(&bytes, item->path, false);
    if (code == SP_OK && (bytes.width != camera->width || bytes.height != camera->height))
        code = sp_error(SP_EFORMAT, "%s: %dx%d, but camera %s of the rig has %dx%d", item->path, bytes.width,
                        bytes.height, camera->id, camera->width, camera->height);
    if (code == SP_OK)
        code = sp_image_from8(picture, &bytes);
    if (code == SP_OK && item->mask)
        code = sp_image_load_grey(mask, item->mask, false);
    if (code == SP_OK && item->mask && (mask->width != camera->width || mask->height != camera->height))
        code = sp_error(SP_EFORMAT, "%s: %dx%d, but the picture has %dx%d", item->mask, mask->width,
                        mask->height, camera->width, camera->height);
    sp_image8_free(&bytes);
    return code;
}
